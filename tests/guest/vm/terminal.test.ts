import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { at, type Operator } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { on } from "../machine/lab.ts";
import { operatorWithBash, statusOf } from "./lab.ts";

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

const create = (...flags: readonly string[]) => ["vm", "create", "dev", ...at(guest), "--yes", ...flags];

/** A step in the middle cannot be done. */
const BREAK = "mkdir -p /etc/systemd/logind.conf.d; mount -t tmpfs -o ro none /etc/systemd/logind.conf.d";
const REPAIR = "umount /etc/systemd/logind.conf.d; rmdir /etc/systemd/logind.conf.d";
const DOWN = "\x1b[B";

describe("after a step that failed for good", () => {
  test("without a terminal the machine is kept, and both ways on are named", async () => {
    await on(guest, BREAK);
    const { code, stderr } = await operator.run(create("--non-interactive"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/\nError: 'dev' is not ready: step 'logind keeps shared memory' failed \(log: .*\)\.\n/);
    expect(stderr).toEndWith("Next: agentworks vm create dev, which goes on, or agentworks vm delete dev --purge\n");
    expect(stderr).toContain("Read-only file system");
    expect(statusOf(operator)).toBe("failed failed");
    const { code: refused, stderr: hint } = await operator.run(["vm", "reinit", "dev"]);
    expect({ refused, hint }).toEqual({
      refused: 1,
      hint: expect.stringContaining("Next: agentworks vm create dev\n"),
    });
    const described = await operator.ok(["vm", "describe", "dev"]);
    expect(described).toContain("running, up");
    expect(described).toContain("provisioning_failed  logind keeps shared memory");
  }, 30_000);

  test("the same command goes on, with the key that was pinned", async () => {
    await on(guest, REPAIR);
    await operator.ok(["vm", "create", "dev", "--yes", "--non-interactive"]);
    expect(statusOf(operator)).toBe("complete complete");
    await operator.ok(["vm", "delete", "dev", "--purge", "--yes"]);
  }, 30_000);

  test("on a terminal it is asked: try again, keep, remove", async () => {
    await on(guest, BREAK);
    const talk = [
      ["What now?", "\r"],
      ["unchanged, 1 failed", ""],
      ["What now?", `${DOWN}\r`],
    ] as const;
    const kept = await operator.onTerminal(create(), talk);
    expect(kept).toMatchObject({ code: 1, unsent: 0 });
    expect(statusOf(operator)).toBe("failed failed");
    const removed = await operator.onTerminal(create(), [["What now?", `${DOWN}${DOWN}\r`]]);
    expect(removed).toMatchObject({ code: 130, unsent: 0 });
    expect(removed.shown).toContain("Removed.");
    expect(statusOf(operator)).toBeUndefined();
    expect(
      await on(
        guest,
        "ls -d /var/lib/agentworks /etc/agentworks 2>/dev/null || true; getent passwd agentworks || true",
      ),
    ).toBe("");
    await on(guest, REPAIR);
  }, 60_000);
});

describe("a machine that is ready", () => {
  beforeAll(async () => {
    await operator.ok(create("--non-interactive"));
  }, 30_000);

  test("shell: the admin's own, whose exit code is ours", async () => {
    const talk = [
      ["$ ", "id -un; echo $((6*7)) $0 $TERM\r"],
      ["42 ", "exit 7\r"],
    ] as const;
    const { code, shown } = await operator.onTerminal(["vm", "shell", "dev"], talk);
    expect({ code, shown }).toEqual({
      code: 7,
      shown: expect.stringMatching(/\bagentworks\r\n42 -bash xterm-256color\r\n/),
    });
  }, 30_000);

  test("delete asks, and deletes nothing when nobody says yes", async () => {
    const asked = await operator.onTerminal(["vm", "delete", "dev"], [["Forget 'dev' (it stays as it is)?", "\r"]]);
    expect(asked).toMatchObject({ code: 130, unsent: 0 });
    expect(statusOf(operator)).toBe("complete complete");
  });

  test("list asks nobody, --live all at once, and a machine that is silent costs 5 s", async () => {
    const mark = await guest.mark();
    const silent = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
    try {
      await operator.ok(["vm", "list"]);
      expect(await guest.acceptedLogins(mark)).toBe(0);
      addSilent(silent.port);
      const { code, stdout, ms } = await operator.run(["vm", "list", "--live", "--json"]);
      const { data } = JSON.parse(stdout) as { data: readonly { name: string; live: { status: string } }[] };
      expect({ code, live: data.map(({ name, live }) => [name, live.status]) }).toEqual({
        code: 0,
        live: [
          ["dev", "running"],
          ["silent", "unreachable"],
        ],
      });
      expect(ms).toBeLessThan(6000);
      const described = await operator.run(["vm", "describe", "silent"]);
      expect(described).toMatchObject({ code: 0, stdout: expect.stringContaining("unreachable (") });
      expect(described.ms).toBeLessThan(6000);
    } finally {
      silent.stop(true);
    }
  }, 30_000);
});

/** A second machine, at an address that takes connections and says nothing. */
function addSilent(port: number): void {
  using database = new Database(join(operator.home, "agentworks.db"));
  database.run("CREATE TEMP TABLE copy AS SELECT * FROM machines WHERE name = 'dev'");
  database.run("UPDATE copy SET name = 'silent', host = '127.0.0.1', port = ?", [port]);
  database.run("INSERT INTO machines SELECT * FROM copy");
}
