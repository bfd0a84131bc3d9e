import { expect, test } from "bun:test";
import { join } from "node:path";
import { ownerAlive, thisProcess } from "../../../cli/state/owner.ts";
import { LeaseHeld, platformThing } from "../../../cli/state/runs.ts";
import { openState, type State } from "../../../cli/state/state.ts";
import { machine, start, thrown, withDirectory } from "./fixture.ts";

const RUN = { id: "first", machine: "dev", operation: "vm reinit dev", thing: "init:dev" };

function withMachines(...options: Parameters<typeof openState>): State {
  const state = openState(...options);
  state.machines.insert(machine("dev"));
  state.machines.insert(machine("other"));
  return state;
}

const held = (work: () => unknown): LeaseHeld => {
  const error = thrown(work);
  if (error instanceof LeaseHeld) return error;
  throw error;
};

test("an open run is the lease on its thing, until it ends", () => {
  const now = () => new Date("2025-01-31T23:59:59Z");
  const state = withMachines(":memory:", { now });
  const run = state.runs.begin({ ...RUN, scriptSha256: "a".repeat(64), logPath: "/logs/x" });
  expect(run).toEqual({
    ...RUN,
    ...thisProcess(),
    bootId: null,
    scriptSha256: "a".repeat(64),
    logPath: "/logs/x",
    state: "open",
    startedAt: "2025-01-31T23:59:59Z",
    endedAt: null,
  });
  expect(state.runs.find("first")).toEqual(run);

  const error = held(() => state.runs.begin({ ...RUN, id: "second" }));
  expect([error.run, error.alive]).toEqual([run, true]);
  expect(error.message).toBe(`vm reinit dev is changing init:dev (pid ${process.pid}, since 2025-01-31T23:59:59Z).`);
  expect(error.next).toBe("agentworks vm logs dev --follow");

  state.runs.begin({ ...RUN, id: "third", thing: "agent:claude" });
  state.runs.begin({ ...RUN, id: "fourth", machine: "other" });
  expect(state.runs.open("dev").map(({ id }) => id)).toEqual(["first", "third"]);
  expect(state.runs.open().map(({ id }) => id)).toEqual(["first", "third", "fourth"]);

  state.runs.setBootId("first", "boot");
  expect(state.runs.finish("first", "partial")).toBe(true);
  expect(state.runs.finish("first", "failed")).toBe(false);
  expect(state.runs.find("first")).toEqual({
    ...run,
    bootId: "boot",
    state: "partial",
    endedAt: "2025-01-31T23:59:59Z",
  });
  expect(state.runs.begin({ ...RUN, id: "second" }).state).toBe("open");
  expect(state.runs.last("dev")?.id).toBe("second");
});

test("a run of an unknown machine, or with an id that was used, is refused", () => {
  const state = withMachines(":memory:");
  expect(thrown(() => state.runs.begin({ ...RUN, machine: "none" })).message).toBe("There is no machine none.");
  state.runs.begin(RUN);
  expect(thrown(() => state.runs.begin({ ...RUN, thing: "agent:x" })).message).toBe("Run first exists already.");
});

test("of processes that begin on the same thing at once, one gets the lease and the others hear which", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    withMachines(path).close();
    const said = await Promise.all(["a", "b", "c", "d"].map((id) => start("begin", [path, id]).output()));
    const winner = "abcd"[said.indexOf("begun\n")];
    expect(said.toSorted()).toEqual(["begun\n", ...Array(3).fill(`held by ${winner}\n`)]);
  }));

test("the lease of a living process is not taken over; that of a killed one is", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const state = withMachines(path);
    const { child, ready } = start("begin", [path, "first", "stay"]);
    await ready();
    expect(held(() => state.runs.begin({ ...RUN, id: "second" })).alive).toBe(true);
    expect(held(() => state.runs.takeOver("first")).run.pid).toBe(child.pid);

    child.kill("SIGKILL");
    await child.exited;
    const error = held(() => state.runs.begin({ ...RUN, id: "second" }));
    expect([error.alive, error.run.pid, error.next]).toEqual([false, child.pid, "agentworks vm describe dev"]);
    expect(error.message).toContain("ended without a word");
    expect(state.runs.takeOver("first")).toMatchObject({ id: "first", ...thisProcess() });
    expect(held(() => state.runs.begin({ ...RUN, id: "second" })).alive).toBe(true);
    state.runs.finish("first", "lost");
    expect(state.runs.takeOver("first")).toBeNull();
    expect(state.runs.takeOver("never")).toBeNull();
    state.close();
  }));

test("while a process has a machine's platform in hand, another one begins nothing on it; it itself does", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const own = withMachines(path);
    const other = openState(path, { owner: { pid: 1, pidStart: 0 } });
    own.runs.begin({ ...RUN, id: "platform", thing: platformThing("dev") });
    expect(held(() => other.runs.begin({ ...RUN, id: "second" })).run.id).toBe("platform");
    expect(other.runs.begin({ ...RUN, id: "elsewhere", machine: "other" }).state).toBe("open");
    expect(own.runs.begin(RUN).state).toBe("open");
    own.runs.finish("platform", "complete");
    expect(other.runs.begin({ ...RUN, id: "third", thing: "agent:claude" }).state).toBe("open");
    for (const state of [own, other]) state.close();
  }));

test("what takes a machine down begins alone, however long others take, and its own process's runs are no others", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const own = withMachines(path);
    const other = openState(path, { owner: { pid: 1, pidStart: 0 } });
    const stop = { ...RUN, id: "stop", thing: platformThing("dev") };
    other.runs.begin({ ...RUN, id: "work", thing: "agent:claude" });
    expect(held(() => own.runs.beginAlone(stop)).run.id).toBe("work");
    expect(own.runs.begin({ ...stop, id: "start" }).state).toBe("open");
    own.runs.finish("start", "complete");
    other.runs.finish("work", "complete");
    own.runs.begin(RUN);
    expect(own.runs.beginAlone(stop).state).toBe("open");
    for (const state of [own, other]) state.close();
  }));

test("of two that take a dead process's lease over, the second meets the first's", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const dead = withMachines(path, { owner: { pid: process.pid, pidStart: 1 } });
    dead.runs.begin(RUN);
    const [first, second] = [openState(path), openState(path, { owner: { pid: 1, pidStart: 0 } })];
    expect(first.runs.takeOver("first")?.pid).toBe(process.pid);
    expect(held(() => second.runs.takeOver("first")).run.pid).toBe(process.pid);
    for (const state of [dead, first, second]) state.close();
  }));

test("a process is alive while it runs under the start time that was written down", async () => {
  const self = thisProcess();
  expect(self.pidStart).toBeGreaterThan(0);
  expect(ownerAlive(self)).toBe(true);
  expect(ownerAlive({ ...self, pidStart: self.pidStart + 1 })).toBe(false);
  expect(ownerAlive({ ...self, pidStart: 0 })).toBe(true);
  expect(ownerAlive({ pid: 2 ** 30, pidStart: 0 })).toBe(false);
});

test("a name with blanks and parentheses does not hide the start time; a zombie is dead", async () => {
  // perl renames itself, then leaves a child that ended and is never waited for.
  const script =
    '$0 = "a) Z (b 1 2"; my $pid = fork; exit 0 unless $pid; $| = 1; select undef, undef, undef, 0.2; print "$pid\\n"; sleep 60';
  const child = Bun.spawn(["perl", "-e", script], { stdout: "pipe" });
  const { value } = await child.stdout.getReader().read();
  expect(ownerAlive({ pid: child.pid, pidStart: 0 })).toBe(true);
  expect(ownerAlive({ pid: child.pid, pidStart: thisProcess().pidStart })).toBe(false);
  expect(ownerAlive({ pid: Number(new TextDecoder().decode(value)), pidStart: 0 })).toBe(false);
  child.kill("SIGKILL");
  await child.exited;
});

test("step results may be told twice; the last one of each step is found over all runs", () => {
  const state = withMachines(":memory:");
  const account = {
    position: 0,
    step: "agent/account",
    subject: "claude",
    name: "user agt-claude",
    result: "changed",
    ms: 12,
  } as const;
  const keys = { ...account, position: 1, step: "agent/keys", name: "keys" } as const;
  state.runs.begin(RUN);
  for (const result of [account, keys, keys]) state.stepResults.record("first", result);
  state.stepResults.record("first", { ...account, subject: "codex", result: "failed" });
  expect(state.stepResults.list("first").map(({ subject, result }) => [subject, result])).toEqual([
    ["codex", "failed"],
    ["claude", "changed"],
  ]);
  state.runs.finish("first", "partial");
  state.runs.begin({ ...RUN, id: "a", operation: "agent reinit" });
  state.stepResults.record("a", { ...keys, position: 7, result: "unchanged" });
  state.runs.begin({ ...RUN, id: "b", machine: "other" });
  state.stepResults.record("b", { ...keys, result: "skipped" });
  expect(
    state.stepResults
      .lastPerStep("dev")
      .map(({ run, operation, step, subject, result }) => [run, operation, step, subject, result]),
  ).toEqual([
    ["first", "vm reinit dev", "agent/account", "codex", "failed"],
    ["a", "agent reinit", "agent/keys", "claude", "unchanged"],
  ]);
  expect(thrown(() => state.stepResults.record("gone", keys)).message).toContain("Run gone was removed");
});
