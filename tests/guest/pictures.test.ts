import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { svg } from "../pictures/svg.ts";
import type { Operator } from "./cli.ts";
import { bootWorld, type World } from "./commands/world.ts";

/** The README's pictures are what a terminal shows. UPDATE_PICTURES=1 draws them anew. */
const SIZE = { columns: 92, rows: 12 };

let world: World;
let terminal: string;
beforeAll(async () => {
  terminal = mkdtempSync(join(tmpdir(), "agentworks-pictures-"));
  world = await bootWorld('[admin.config]\nshell = "bash"\n');
  await world.guest.bash("hostname dev");
  const ok = (line: string) => world.operator.ok(line.split(" "));
  for (const workspace of ["docs", "site"]) await ok(`workspace create ${workspace}`);
  for (const agent of ["claude", "codex"]) await ok(`agent create ${agent} --grant-all-workspaces`);
  await ok("session create fix --workspace site --agent claude");
  const failing = ["--workspace", "site", "--agent", "codex", "--command", "exit 1"];
  await world.operator.run(["session", "create", "tests", ...failing]);
  await ok("session create words --workspace docs --agent claude");
  await ok("session stop words");
}, 120_000);
afterAll(async () => {
  tmux("kill-server");
  rmSync(terminal, { recursive: true });
  await world?.[Symbol.asyncDispose]();
}, 60_000);

test("the list of sessions", async () => {
  await typed(world.operator, "session list");
  await shown(/words.*stopped/);
  expectPicture("session-list");
});

test("a session, attached", async () => {
  await typed(world.operator, "session attach fix");
  await shown(/\$ *$/m);
  for (const [line, answer] of [
    ["id -un", /^agt-claude$/m],
    ["pwd", /^\/opt\/agentworks\/workspaces\/site$/m],
    ["sudo -n true", /sudo:/],
  ] as const) {
    tmux("send-keys", line, "Enter");
    await shown(answer);
  }
  await Bun.sleep(500);
  expectPicture("attached-session");
});

function tmux(...words: string[]): string {
  const env = { ...process.env, LC_ALL: "C.UTF-8", TERM: "xterm-256color" };
  return Bun.spawnSync(["tmux", "-f", "/dev/null", "-S", join(terminal, "socket"), ...words], {
    env,
  }).stdout.toString();
}

/** Starts a command on a terminal of its own. */
async function typed({ program, env }: Operator, words: string): Promise<void> {
  tmux("kill-server");
  await Bun.sleep(100);
  const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  const size = ["-x", String(SIZE.columns), "-y", String(SIZE.rows)];
  const line = `clear; echo '$ agentworks ${words}'; '${program}' ${words}; sleep 600`;
  tmux("new-session", "-d", ...size, ...variables, "bash", "-c", `tput civis; ${line}`);
  tmux("set-option", "-g", "status", "off");
}

async function shown(words: RegExp): Promise<void> {
  for (let round = 0; round < 200; round++) {
    if (words.test(tmux("capture-pane", "-p"))) return;
    await Bun.sleep(100);
  }
  throw new Error(`${words} is not shown:\n${tmux("capture-pane", "-p")}`);
}

function expectPicture(name: string): void {
  const file = join(import.meta.dir, "..", "pictures", `${name}.svg`);
  const drawn = svg(tmux("capture-pane", "-e", "-p"), SIZE.columns);
  if (process.env.UPDATE_PICTURES === "1" || !existsSync(file)) writeFileSync(file, drawn);
  expect(drawn).toBe(readFileSync(file, "utf8"));
}
