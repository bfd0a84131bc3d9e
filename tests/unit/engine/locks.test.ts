import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { render } from "../../../steps/render.ts";
import type { Plan, Step } from "../../../steps/step.ts";
import { newId, planOf, sandbox, type Told, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const machine = sandbox();
afterAll(() => machine.dispose());

let gates = 0;

/** A plan whose only step goes on until `open` is called. */
function held(operation: string, options: Partial<Omit<Plan, "steps" | "operation">>) {
  const gate = join(machine.directory, `gate-${++gates}`);
  const steps: Step[] = [toy({ apply: [`touch '${gate}.in'`, `until [[ -e '${gate}' ]]; do sleep 0.02; done`] })];
  return {
    plan: planOf(steps, { operation, ...options }),
    open: () => writeFileSync(gate, ""),
    entered: () => existsSync(`${gate}.in`),
  };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("waited for 10 s");
    await Bun.sleep(10);
  }
}

/** Starts a run; `waits` holds what it said that it waits for. */
function start(plan: Plan, options: Parameters<typeof machine.run>[1] = {}) {
  const waits: { lock: string; holder: string }[] = [];
  const told: Promise<Told> = machine.run(plan, {
    ...options,
    onEvent: (event) => {
      if (event.kind === "wait") waits.push({ lock: event.lock, holder: event.holder });
    },
  });
  return { told, waits };
}

const quick = (options: Partial<Plan>) => planOf([toy({ apply: [":"] })], options);

test("the second waits for the first, and says for whom", async () => {
  const holder = held("agent create\tx\ny", { locks: ["agent-x"] });
  const first = start(holder.plan);
  await until(holder.entered);
  const second = start(quick({ locks: ["agent-x"], operation: "second" }));
  await until(() => second.waits.length > 0);
  expect(second.waits).toEqual([{ lock: "agent-x", holder: "agent create\tx\ny" }]);
  holder.open();
  const [one, two] = await Promise.all([first.told, second.told]);
  expect([one.outcome, two.outcome]).toEqual(["complete", "complete"]);
  const end = (told: Told) => Math.max(...told.events.map((event) => ("at" in event ? event.at : 0)));
  const began = two.events.find((event) => event.kind === "started");
  expect(began?.at).toBeGreaterThan(end(one));
});

test("who will not wait is told at once; what it would have changed is not touched", async () => {
  const holder = held("vm reinit", { locks: ["init"] });
  const first = start(holder.plan);
  await until(holder.entered);
  const told = await start(quick({ locks: ["init"] }), { wait: false }).told;
  expect(told).toMatchObject({ outcome: "busy", steps: [] });
  expect(told.ms).toBeLessThan(2000);
  holder.open();
  expect((await first.told).outcome).toBe("complete");
});

test("changes to different things go on side by side; a change of the machine waits for both, and holds up the next", async () => {
  const [a, b] = [held("a", { locks: ["agent-a"] }), held("b", { locks: ["agent-b"] })];
  const sharing = [start(a.plan), start(b.plan)];
  await until(() => a.entered() && b.entered());
  const alone = held("vm stop", { exclusive: true });
  const stopping = start(alone.plan);
  await until(() => stopping.waits.length > 0);
  expect(stopping.waits[0]?.lock).toBe("machine");
  expect(stopping.waits[0]?.holder.split(", ").sort()).toEqual(["a", "b"]);
  a.open();
  await sharing[0]?.told;
  await Bun.sleep(100);
  expect(alone.entered()).toBe(false);
  b.open();
  await until(alone.entered);
  const next = start(quick({ locks: ["agent-c"] }));
  await until(() => next.waits.length > 0);
  expect(next.waits).toEqual([{ lock: "machine", holder: "vm stop" }]);
  alone.open();
  expect((await stopping.told).outcome).toBe("complete");
  expect((await next.told).outcome).toBe("complete");
});

test("two that take the same locks in another order do not block each other", async () => {
  const plans = [
    ["workspace-w", "agent-a"],
    ["agent-a", "workspace-w"],
  ].map((locks) => quick({ locks }));
  for (const plan of plans) expect(render(plan, "apply").text).toContain("LOCKS=('agent-a' 'machine' 'workspace-w')");
  const told = await Promise.all(Array.from({ length: 6 }, (_, index) => start(plans[index % 2] ?? quick({})).told));
  expect(told.map(({ outcome }) => outcome)).toEqual(Array(6).fill("complete"));
});

test("a killed run gives its lock back, also when its step lives on", async () => {
  const id = newId();
  const holder = held("killed", { locks: ["agent-k"] });
  const first = start(holder.plan, { id });
  await until(holder.entered);
  process.kill(Number(readFileSync(join(machine.directory, `run/agentworks/runs/${id}/pid`), "utf8")), "SIGKILL");
  const second = await start(quick({ locks: ["agent-k"] }), { wait: false }).told;
  expect(second.outcome).toBe("complete");
  expect((await first.told).end.kind).toBe("vanished");
  holder.open();
});

test("who waits can be cancelled", async () => {
  const holder = held("long", { locks: ["agent-c"] });
  const first = start(holder.plan);
  await until(holder.entered);
  const cancel = new AbortController();
  const second = start(quick({ locks: ["agent-c"] }), { cancel: cancel.signal });
  await until(() => second.waits.length > 0);
  cancel.abort();
  const told = await second.told;
  expect(told).toMatchObject({ outcome: "interrupted", steps: [] });
  expect(told.ms).toBeLessThan(4000);
  holder.open();
  await first.told;
});

test("reads take no lock", async () => {
  const holder = held("vm delete", { exclusive: true });
  const first = start(holder.plan);
  await until(holder.entered);
  const script = render(quick({ locks: ["agent-r"] }), "check").text;
  const looked = Bun.spawnSync([...machine.argv], { stdin: Buffer.from(script), timeout: 5000 });
  expect(looked.stdout.toString()).toContain("\tend\tcomplete");
  holder.open();
  await first.told;
});
