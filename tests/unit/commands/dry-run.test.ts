import { beforeAll, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { executable } from "../executable.ts";
import { type Desk, desk, furnish } from "./world.ts";

const CONFIG = `
[session_templates.greet]
command = "echo {{session_name}} in {{workspace_name}}"
env = { A = "one 'two' $three", B = "{{session_name}}" }
`;

const LINES: readonly (readonly string[])[] = [
  ["workspace", "create", "new", "--vm", "dev"],
  ["workspace", "create", "new", "--vm", "dev", "--repo", "https://example.org/$(x) y.git", "--branch", "it's"],
  ["workspace", "delete", "site", "--force"],
  ["agent", "create", "new", "--vm", "dev"],
  ["agent", "create", "new", "--vm", "dev", "--grant-all-workspaces"],
  ["agent", "delete", "claude", "--force"],
  ["session", "create", "new", "--workspace", "site", "--agent", "cyd", "--template", "greet"],
  ["session", "create", "new", "--workspace", "site", "--admin", "--command", "echo 'quoted' \"$HOME\" `id`\nnext"],
  ["session", "stop", "fix"],
  ["session", "delete", "try"],
];

let world: Desk;
beforeAll(() => {
  world = desk({ config: CONFIG, ssh: 'touch "$AGENTWORKS_HOME/contacted"; exit 255\n' });
  world.state(furnish);
  rmSync(join(world.home, "id_ed25519"));
});

for (const argv of LINES) {
  describe(argv.join(" "), () => {
    test("prints one bash script, and does nothing", async () => {
      const before = rows(world);
      const { code, stdout, stderr } = await world.run(...argv, "--dry-run");
      expect({ code, stderr: stderr.replace(/^Using .*\n/, "") }).toEqual({ code: 0, stderr: "" });
      const parsed = Bun.spawnSync(["bash", "-n"], { stdin: new Blob([stdout]) });
      expect(parsed.stderr.toString()).toBe("");
      expect(parsed.exitCode).toBe(0);
      expect(rows(world)).toEqual(before);
      expect(await Bun.file(join(world.home, "contacted")).exists()).toBe(false);
    });

    test("in --json it is the same script, with its sum", async () => {
      const { stdout } = await world.run(...argv, "--dry-run", "--json");
      const { scripts, commands, requests } = JSON.parse(stdout).data;
      expect([commands, requests, scripts.length]).toEqual([[], [], 1]);
      expect(new Bun.CryptoHasher("sha256").update(scripts[0].text).digest("hex")).toBe(scripts[0].sha256);
      expect((await world.run(...argv, "--dry-run")).stdout).toContain(scripts[0].text.trimEnd());
    });
  });
}

test("offline, elsewhere and in another language it is the same, byte for byte", async () => {
  const alone = async (argv: readonly string[], env: Readonly<Record<string, string>>) => {
    const command = [
      "unshare",
      "-n",
      "--uts",
      "bash",
      "-c",
      'hostname elsewhere; exec "$@"',
      "-",
      executable(),
      ...argv,
    ];
    const given = { PATH: process.env.PATH, AGENTWORKS_HOME: world.home, ...env };
    const child = Bun.spawn(command, { env: given, stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  };
  for (const argv of LINES) {
    const here = (await world.run(...argv, "--dry-run")).stdout;
    expect(
      await alone([...argv, "--dry-run"], {
        TZ: "Asia/Kathmandu",
        LANG: "tr_TR.UTF-8",
        HOME: "/nonexistent",
        USER: "x",
      }),
    ).toBe(here);
  }
});

function rows({ state }: Desk): unknown {
  return state(({ workspaces, agents, grants, sessions, runs }) => [
    ...[workspaces.list(), agents.list(), grants.list(), sessions.list(), runs.open()],
  ]);
}
