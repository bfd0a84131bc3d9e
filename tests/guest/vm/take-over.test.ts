import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { at, type Operator } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { on } from "../machine/lab.ts";
import { operatorWithBash } from "./lab.ts";

let guest: Guest;
let operator: Operator;
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorWithBash(guest);
}, 300_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

const PURGE = ["vm", "delete", "dev", "--purge", "--yes"];

describe("a machine with records of ours", () => {
  test("another installation's is refused, taken over when it is said, and its contents come back", async () => {
    await operator.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
    await operator.ok(["workspace", "create", "site"]);
    await operator.ok(["agent", "create", "claude", "--grant-all-workspaces"]);
    await operator.ok([
      "session",
      "create",
      "fix",
      "--workspace",
      "site",
      "--agent",
      "claude",
      "--command",
      "sleep 1000",
    ]);
    await using other = await operatorWithBash(guest);
    const argv = ["vm", "create", "taken", ...at(guest), "--yes", "--non-interactive"];
    expect(await other.run(argv)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("belongs to another installation"),
    });
    await other.ok([...argv, "--take-over"]);
    for (const [noun, name] of [
      ["workspace", "site"],
      ["agent", "claude"],
      ["session", "fix"],
    ] as const) {
      expect(await other.json<readonly { name: string }[]>([noun, "list"])).toMatchObject([{ name, machine: "taken" }]);
    }
    expect(await other.json<readonly unknown[]>(["session", "list"])).toMatchObject([
      { name: "fix", status: "running" },
    ]);
    expect(await other.run(["vm", "delete", "taken", "--yes"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("--force"),
    });
    // The first one is not the owner any more, and cannot purge what is another's.
    const refused = await operator.run([...PURGE, "--force"]);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("the machine is ours") });
    await other.ok(["vm", "delete", "taken", "--purge", "--force", "--yes"]);
    expect(
      await on(
        guest,
        "getent passwd agt-claude ws-site agentworks || true; ls -d /opt/agentworks /home/a* 2>/dev/null || true",
      ),
    ).toBe("");
    await operator.ok(["vm", "delete", "dev", "--force", "--yes"]);
  }, 120_000);

  test("a lost state is rebuilt", async () => {
    await operator.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
    await operator.ok(["workspace", "create", "site"]);
    await rename(join(operator.home, "agentworks.db"), join(operator.home, "lost.db"));
    for (const suffix of ["-wal", "-shm"])
      await rename(join(operator.home, `agentworks.db${suffix}`), join(operator.home, `lost.db${suffix}`)).catch(
        () => {},
      );
    const asked = await operator.onTerminal(
      ["vm", "create", "dev", ...at(guest)],
      [
        ["Another installation manages this machine (workspace site). Take it over?", "y"],
        ["Go on?", "y"],
      ],
    );
    expect(asked).toMatchObject({ code: 0, unsent: 0 });
    expect(await operator.json<readonly unknown[]>(["workspace", "list"])).toMatchObject([
      { name: "site", machine: "dev" },
    ]);
    await operator.ok(["vm", "delete", "dev", "--purge", "--force", "--yes"]);
  }, 60_000);
});
