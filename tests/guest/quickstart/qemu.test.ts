import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Operator, operatorOf } from "../cli.ts";
import { filesOf } from "./lab.ts";

/** Nothing at all: no key, no configuration, no image. */
let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  rmSync(operator.home, { recursive: true });
  for (const half of ["id_ed25519", "id_ed25519.pub"]) rmSync(join(operator.home, "..", half));
});
afterAll(async () => {
  await operator.run(["quickstart", "--remove", "--yes"]);
  await operator[Symbol.asyncDispose]();
});

const START = ["quickstart", "--platform", "qemu", "--yes", "--non-interactive"];
const REMOVE = ["quickstart", "--remove", "--yes", "--non-interactive"];

/** Begins, and is struck when it says the words. */
async function struckAt(words: string, signal: "SIGINT" | "SIGKILL"): Promise<number> {
  const running = operator.start(START);
  await running.until(words);
  running.kill(signal);
  return (await running.ended).code;
}

/** What a machine is made of: processes, directories, rows, files besides images. */
function traces() {
  const machines = join(operator.home, "machines");
  const { stdout } = Bun.spawnSync(["pgrep", "-f", `qemu-system.*${operator.home}`]);
  return {
    processes: stdout.toString(),
    machines: existsSync(machines) ? readdirSync(machines) : [],
    rows: operator.rows("SELECT name FROM machines"),
    recorded: operator.rows("SELECT part FROM quickstart"),
    files: filesOf(operator).filter((name) => !name.startsWith("images/")),
  };
}
const NOTHING = { processes: "", machines: [], rows: [], recorded: [], files: [] };
/** Of a run that was killed the key and the configuration stay: an interrupt undoes what its own run made. */
const KEYED = {
  ...NOTHING,
  recorded: [{ part: "config" }, { part: "key" }],
  files: ["config.toml", "quickstart_ed25519", "quickstart_ed25519.pub"],
};

test("the image: interrupted it leaves nothing, killed the next one makes it", async () => {
  expect(await struckAt("building the image", "SIGINT")).toBe(130);
  expect(traces()).toEqual(NOTHING);
  expect(await struckAt("building the image", "SIGKILL")).toBe(137);
}, 300_000);

test("the boot: interrupted it ends, killed it goes on alone for the next run to find", async () => {
  expect(await struckAt("booting", "SIGINT")).toBe(130);
  expect(traces()).toEqual(KEYED);
  expect(await struckAt("booting", "SIGKILL")).toBe(137);
}, 900_000);

test("the first run on it: interrupted the machine goes again, killed the next run goes on", async () => {
  expect(await struckAt("ok  directories", "SIGINT")).toBe(130);
  expect(traces()).toEqual(KEYED);
  expect(await struckAt("ok  directories", "SIGKILL")).toBe(137);
}, 900_000);

test("in the end there is a session of the agent's, and after its removal nothing", async () => {
  const { code, stdout, stderr } = await operator.run(START);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toContain("Quickstart is ready");
  const talk = [
    ["$ ", "id -un\r"],
    ["agt-first-agent\r\n", "\x02d"],
  ] as const;
  const attached = await operator.onTerminal(["session", "attach", "first-session"], talk);
  expect(attached).toMatchObject({ code: 0, unsent: 0 });
  expect(await operator.ok(["quickstart"])).toStartWith("Everything is in place.");
  await operator.ok(REMOVE);
  expect(traces()).toEqual(NOTHING);
  expect(await operator.ok(REMOVE)).toBe("Nothing that quickstart made is left.\n");
}, 900_000);
