import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nextProblem } from "../../golden/next.ts";
import { type Lab, machinesOf, makeLab, openRuns } from "./lab.ts";
import type { Fault } from "./platform.ts";

let lab: Lab;
beforeEach(async () => {
  lab = await makeLab({ paper: true });
});
afterEach(async () => {
  expect(lab.pending()).toEqual([]);
  await lab[Symbol.asyncDispose]();
});

const run = (line: string) => lab.operator.run(line.split(" "));
const ok = (line: string) => lab.operator.ok(line.split(" "));
const CREATE = "vm create dev --platform qemu --non-interactive";

const DOWN = "\x1b[B";

/** How the machine is, in the state and on its platform. */
function picture() {
  const [row] = machinesOf(lab);
  return {
    row: row === undefined ? undefined : row.provisioning,
    stopped: row?.stopped_by_operator === 1,
    machines: lab.machines().length,
    open: openRuns(lab).map(({ thing }) => thing),
  };
}

/** Nothing of a machine is left, here or there. */
const NOTHING = { row: undefined, stopped: false, machines: 0, open: [] };

/** A machine on the platform of which the state says that it is ready. */
async function ready(): Promise<void> {
  await run(CREATE);
  using database = new Database(join(lab.operator.home, "agentworks.db"));
  database.run("UPDATE machines SET provisioning = 'complete', init = 'complete'");
  lab.calls();
}

/** Every way in which a call can go wrong. */
const faultsOf = (...calls: readonly Fault["call"][]): readonly Fault[] =>
  calls.flatMap((call) =>
    (["before", "after"] as const).flatMap((when) =>
      (["fails", "killed", "interrupted"] as const).map((what) => ({ call, when, what })),
    ),
  );
const EXIT = { fails: 1, killed: 137, interrupted: 130, waits: 0 } as const;

describe("vm create, when the platform", () => {
  for (const fault of faultsOf("reserve", "create")) {
    test(`${fault.what} ${fault.when} ${fault.call}: what is left is known, the next one goes on, and delete removes it`, async () => {
      lab.strike(fault);
      const { code, stderr } = await run(CREATE);
      expect(code).toBe(EXIT[fault.what]);
      if (fault.what === "fails") expect(await nextProblem(stderr)).toBeUndefined();
      if (fault.call !== "create" || fault.what === "interrupted") {
        expect(picture()).toEqual(NOTHING);
      } else {
        const killed = fault.what === "killed";
        expect(picture()).toEqual({
          row: killed ? "in_progress" : "failed",
          stopped: false,
          machines: fault.when === "after" ? 1 : 0,
          open: killed ? ["platform:dev"] : [],
        });
      }
      const [left] = machinesOf(lab);
      // It comes as far as the login: nobody answers at a machine of paper.
      const again = await run(CREATE);
      expect(again.stderr).toContain("Connection refused");
      expect(await nextProblem(again.stderr)).toBeUndefined();
      expect(picture()).toEqual({ row: "failed", stopped: false, machines: 1, open: [] });
      if (left !== undefined) expect(machinesOf(lab)[0]?.platform_id).toBe(left.platform_id);
      expect(await run("vm delete dev --yes")).toMatchObject({ code: 0, stdout: "VM 'dev' is deleted.\n" });
      expect(picture()).toEqual(NOTHING);
      expect(existsSync(join(lab.operator.home, "known_hosts"))).toBe(false);
    });
  }

  test("fails: its words are told, cleaned, and kept in the log", async () => {
    lab.strike({ call: "create", when: "before", what: "fails" });
    const { stderr } = await run(CREATE);
    expect(stderr).toEndWith(
      "  the last words of [31mcreate\nError: create went wrong\n" +
        "Next: look at the platform; then agentworks vm create dev, which goes on, or agentworks vm delete dev\n",
    );
    const log = await lab.operator.ok(["vm", "logs", "dev"]);
    expect(log).toContain("the last words of [31mcreate");
    expect(log).toContain("create went wrong");
    expect(await lab.operator.ok(["vm", "describe", "dev"])).toContain("provisioning_failed  create went wrong");
  });

  test("fails, on a terminal: it is asked what now: try again, remove, or keep", async () => {
    const argv = ["vm", "create", "dev", "--platform", "qemu"];
    lab.strike({ call: "create", when: "before", what: "fails" });
    const removed = await lab.operator.onTerminal(argv, [
      ["'dev' is not ready. What now?", "\r"],
      ["Connection refused", ""],
      ["What now?", `${DOWN}${DOWN}\r`],
    ]);
    expect(removed).toMatchObject({ code: 130, unsent: 0 });
    for (const words of ["create went wrong", "Connection refused", "Removed."]) expect(removed.shown).toContain(words);
    expect(picture()).toEqual(NOTHING);
    lab.strike({ call: "create", when: "before", what: "fails" });
    const kept = await lab.operator.onTerminal(argv, [["What now?", `${DOWN}\r`]]);
    expect(kept).toMatchObject({ code: 1, unsent: 0 });
    expect(picture()).toMatchObject({ row: "failed", machines: 0 });
  });

  test("is stopped by Ctrl-C, and cannot remove what it made: the row stays, and says how", async () => {
    for (const when of ["before", "after"] as const) {
      lab.strike({ call: "create", when: "after", what: "interrupted" }, { call: "remove", when, what: "fails" });
      const { code, stderr } = await run(CREATE);
      expect(code).toBe(130);
      expect(stderr).toContain("Cancelling vm create 'dev' … rolling back.");
      expect(stderr).toContain("'dev' is not removed from qemu: remove went wrong (then: agentworks vm delete dev)");
      expect(picture()).toMatchObject({ row: "failed", machines: when === "before" ? 1 : 0 });
      expect((await run("vm delete dev --yes")).code).toBe(0);
      expect(picture()).toEqual(NOTHING);
    }
  });

  test("takes its time, and the operator leaves at once: the row stays, and the ways on are named", async () => {
    lab.strike({ call: "create", when: "after", what: "waits" });
    const client = lab.operator.start(CREATE.split(" "));
    await client.until("booting");
    await Bun.sleep(100);
    client.kill("SIGINT");
    await client.until("Cancelling");
    client.kill("SIGINT");
    const { code, stderr } = await client.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("Go on: agentworks vm create dev\nOr remove it: agentworks vm delete dev\n");
    expect(picture()).toMatchObject({ row: "in_progress", machines: 1 });
    expect((await run("vm delete dev --yes")).code).toBe(0);
    expect(picture()).toEqual(NOTHING);
  });

  test("has a machine of that name that is not ours: nothing is made", async () => {
    await Bun.write(lab.file("taken/dev"), "");
    const { code, stderr } = await run(CREATE);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "Error: there is a dev already, and it is not ours\nNext: agentworks vm create another\n",
    });
    expect(picture()).toEqual(NOTHING);
  });
});

test("half made, it is gone on with as it began, and nothing else", async () => {
  lab.strike({ call: "create", when: "before", what: "fails" });
  await run(`${CREATE} --cpus 3 --admin-username boss`);
  for (const [flags, words] of [
    ["--cpus 4", "half made, with the cpus 3"],
    ["--admin-username other", "half made, with the admin boss"],
    ["--platform ssh --host root@192.0.2.7", "half made, on qemu"],
  ] as const) {
    const { code, stderr } = await run(`vm create dev ${flags}`);
    expect(code).toBe(1);
    expect(stderr).toContain(words);
    expect(await nextProblem(stderr)).toBeUndefined();
  }
  for (const line of ["vm exec dev true", "vm shell dev", "vm plan dev"])
    expect(await run(line)).toMatchObject({ code: 1, stderr: expect.stringContaining("never set up to its end") });
  expect(await ok("vm describe dev")).toContain("unreachable (it is not made yet)");
  expect((await run("vm create dev")).stderr).toContain("Platform: qemu (as it began).");
  expect(lab.operator.rows("SELECT cpus, admin_user FROM machines")).toEqual([{ cpus: 3, admin_user: "boss" }]);
  for (const line of ["vm start dev", "vm reinit dev", "workspace create site --vm dev", "agent create ada --vm dev"]) {
    const { code, stderr } = await run(line);
    expect({ line, code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("never set up to its end"),
    });
  }
});

describe("vm stop and vm start", () => {
  beforeEach(ready);

  test("say how it is, also when it was so already; stopping is remembered", async () => {
    const stop = async () => await lab.operator.json<object>(["vm", "stop", "dev"]);
    const start = async () => await lab.operator.json<object>(["vm", "start", "dev"]);
    expect(await stop()).toEqual({ name: "dev", status: "stopped", wasRunning: true });
    expect(picture()).toMatchObject({ stopped: true });
    expect(await stop()).toEqual({ name: "dev", status: "stopped", wasRunning: false });
    expect(await start()).toEqual({ name: "dev", status: "running", wasRunning: false });
    expect(picture()).toMatchObject({ stopped: false });
    expect(await start()).toEqual({ name: "dev", status: "running", wasRunning: true });
  });

  for (const fault of faultsOf("stop", "start")) {
    test(`${fault.call} ${fault.what} ${fault.when}: it may be repeated`, async () => {
      if (fault.call === "start") await run("vm stop dev");
      lab.strike(fault);
      const { code, stderr } = await run(`vm ${fault.call} dev`);
      expect(code).toBe(EXIT[fault.what]);
      if (fault.what === "fails") {
        expect(await nextProblem(stderr)).toBeUndefined();
        expect(picture()).toMatchObject({ stopped: false });
      }
      expect((await run(`vm ${fault.call} dev`)).code).toBe(0);
      expect(picture()).toEqual({ row: "complete", stopped: fault.call === "stop", machines: 1, open: [] });
    });
  }
});

describe("vm delete", () => {
  beforeEach(ready);

  for (const fault of faultsOf("power", "stop", "remove")) {
    test(`when ${fault.call} ${fault.what} ${fault.when}: the row goes when it is proven gone, and not before`, async () => {
      lab.strike(fault);
      const { code } = await run("vm delete dev --yes");
      const goesOn = fault.call === "stop" && fault.what === "fails";
      // A removal is not stopped half way.
      const gone = goesOn || (fault.what === "interrupted" && fault.call === "remove");
      expect(code).toBe(gone ? 0 : EXIT[fault.what]);
      expect(machinesOf(lab)).toHaveLength(gone ? 0 : 1);
      if (!gone) {
        expect((await run("vm create dev")).code).toBe(1);
        expect((await run("vm delete dev --yes")).code).toBe(0);
      }
      expect(picture()).toEqual(NOTHING);
    });
  }

  test("refuses what is for adopted machines, asks, and needs --force for what it holds", async () => {
    expect(await run("vm delete dev --purge --yes")).toMatchObject({ code: 2 });
    expect(await run("vm delete dev --non-interactive")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Delete 'dev' from qemu, with its disk"),
    });
    const { shown } = await lab.operator.onTerminal(["vm", "delete", "dev"], [["with its disk?", "n"]]);
    expect(shown).toContain("Cancelled");
    using database = new Database(join(lab.operator.home, "agentworks.db"));
    database.run(
      "INSERT INTO agents VALUES ('ada', 'dev', 'agt-ada', 20000, 'default', 0, 'ready', '2026-01-31T12:00:00Z')",
    );
    expect(await run("vm delete dev --yes")).toMatchObject({ code: 1, stderr: expect.stringContaining("agents: ada") });
    expect(picture()).toMatchObject({ row: "complete", machines: 1 });
    expect(await lab.operator.json<object>(["vm", "delete", "dev", "--yes", "--force"])).toEqual({
      ...{ name: "dev", purged: false, workspaces: [], agents: ["ada"], sessions: [] },
    });
    expect(picture()).toEqual(NOTHING);
  });
});

describe("two terminals", () => {
  test("what makes a machine has it alone: others wait, or go, and follow", async () => {
    lab.strike({ call: "create", when: "after", what: "waits" });
    const client = lab.operator.start(CREATE.split(" "));
    await client.until("booting");
    const impatient = await run("vm delete dev --yes --no-wait");
    expect(impatient).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("vm create dev is changing 'dev' (pid"),
    });
    const following = lab.operator.start(["vm", "logs", "dev", "--follow"]);
    await following.until("booting");
    const [run1] = (await lab.operator.json<{ openRuns: object[] }>(["vm", "describe", "dev"])).openRuns;
    expect(run1).toMatchObject({ operation: "vm create dev", clientAlive: true, state: "running", pid: client.pid });
    const deleting = lab.operator.start(["vm", "delete", "dev", "--yes"]);
    await deleting.until(`waiting for vm create dev (pid ${client.pid})`);
    writeFileSync(lab.file("go"), "");
    expect((await client.ended).code).toBe(1);
    expect((await following.ended).code).toBe(0);
    expect((await deleting.ended).code).toBe(0);
    expect(picture()).toEqual(NOTHING);
  });

  test("what is being stopped is not started by what needs it, and by vm start when it is stopped", async () => {
    await ready();
    lab.strike({ call: "stop", when: "after", what: "waits" });
    const stopping = lab.operator.start(["vm", "stop", "dev"]);
    while (!lab.calls().includes("stop")) await Bun.sleep(10);
    const working = await run("workspace create site --vm dev");
    expect(working).toMatchObject({ code: 1, stderr: expect.stringContaining("Next: agentworks vm start dev") });
    const starting = lab.operator.start(["vm", "start", "dev"]);
    await starting.until("waiting for vm stop dev");
    writeFileSync(lab.file("go"), "");
    expect((await stopping.ended).code).toBe(0);
    expect((await starting.ended).code).toBe(0);
    expect(picture()).toMatchObject({ stopped: false, open: [] });
  });
});

describe("a machine that is off", () => {
  beforeEach(async () => {
    await ready();
    writeFileSync(join(lab.file("machines"), machinesOf(lab)[0]?.platform_id ?? ""), "stopped");
  });

  test("is told of by list, describe and plan, which do not start it, and of by what deletes", async () => {
    expect(await lab.operator.ok(["vm", "list"])).toMatch(/^dev +qemu .* stopped /m);
    expect(await lab.operator.json<object>(["vm", "list"])).toMatchObject([{ name: "dev", power: "stopped" }]);
    expect(await lab.operator.json<object>(["vm", "describe", "dev"])).toMatchObject({ power: "stopped" });
    expect(await run("vm plan dev")).toMatchObject({
      code: 1,
      stderr: "Error: 'dev' is stopped.\nNext: agentworks vm start dev\n",
    });
    expect(lab.calls()).not.toContain("start");
  });

  test("is started by what needs it, once, and it says so", async () => {
    const { code, stderr } = await run("workspace create site --vm dev");
    expect(code).toBe(1);
    expect(stderr).toContain("'dev' is stopped: starting it.\n");
    expect(stderr).toContain("Connection refused");
    expect(lab.calls().filter((call) => call === "start")).toEqual(["start"]);
    expect(lab.operator.rows("SELECT name FROM workspaces")).toEqual([]);
    expect(picture()).toMatchObject({ open: [] });
  });

  test("that the operator stopped is started when they say so, and not otherwise", async () => {
    await run("vm stop dev");
    for (const line of ["vm exec dev -- true", "vm shell dev", "vm reinit dev", "workspace create site --vm dev"]) {
      const refused = await run(line);
      expect([line, refused.code, refused.stderr]).toEqual([
        line,
        1,
        expect.stringContaining("Error: 'dev' is stopped.\nNext: agentworks vm start dev\n"),
      ]);
    }
    expect(lab.calls()).not.toContain("start");
    const no = await lab.operator.onTerminal(["vm", "shell", "dev"], [["'dev' is stopped. Start it?", "n"]]);
    expect(no.code).toBe(130);
    expect(lab.calls()).not.toContain("start");
    await lab.operator.onTerminal(["vm", "shell", "dev"], [["'dev' is stopped. Start it?", "y"]]);
    expect(lab.calls()).toContain("start");
  });

  test("when its start fails: nothing has changed", async () => {
    for (const what of ["fails", "interrupted"] as const) {
      lab.strike({ call: "start", when: "before", what });
      expect((await run("agent create ada --vm dev")).code).toBe(EXIT[what]);
      expect(lab.operator.rows("SELECT name FROM agents")).toEqual([]);
      expect(picture()).toMatchObject({ open: [] });
    }
  });
});

test("a machine that is gone is told of, and deleted", async () => {
  await ready();
  await Bun.file(join(lab.file("machines"), machinesOf(lab)[0]?.platform_id ?? "")).delete();
  expect(await lab.operator.json<object>(["vm", "list"])).toMatchObject([{ power: "missing" }]);
  for (const line of ["vm start dev", "vm stop dev", "vm plan dev", "workspace create site --vm dev"]) {
    const { code, stderr } = await run(line);
    expect([line, code, stderr]).toEqual([
      line,
      1,
      expect.stringContaining("Error: 'dev' is gone from qemu.\nNext: agentworks vm delete dev --force\n"),
    ]);
  }
  expect((await run("vm delete dev --force --yes")).code).toBe(0);
  expect(picture()).toEqual(NOTHING);
});

test("a platform that does not tell: the list is there, with a warning", async () => {
  await ready();
  lab.strike({ call: "power", when: "before", what: "fails" });
  const { code, stdout, stderr } = await run("vm list --json");
  expect(code).toBe(0);
  expect(JSON.parse(stdout).data).toMatchObject([{ name: "dev", power: null }]);
  expect(stderr).toBe("Warning: how 'dev' is on qemu is not known: power went wrong\n");
  expect((await run("vm list --names-only")).stdout).toBe("dev\n");
  expect(lab.calls()).toEqual(["power"]);
});

test("vm logs --serial: the last lines of the console, cleaned", async () => {
  await ready();
  const file = join(lab.file("machines"), `${machinesOf(lab)[0]?.platform_id}.serial`);
  writeFileSync(`${file}.before`, "before\n");
  writeFileSync(file, [...Array(1000).fill("x".repeat(1000)), "\u001b]0;title\u0007 booted\u009b31m\n"].join("\n"));
  const shown = await lab.operator.ok(["vm", "logs", "dev", "--serial"]);
  expect(shown).toEndWith("]0;title booted31m\n");
  expect(shown.split("\n")).toHaveLength(202);
  type Logs = readonly { readonly path: string; readonly text: string }[];
  const all = await lab.operator.json<Logs>(["vm", "logs", "dev", "--serial", "--all"]);
  expect(all.map(({ path }) => path)).toEqual([`${file}.before`, file]);
  for (const control of ["\u001b", "\u009b"]) expect(all[1]?.text).not.toContain(control);
});
