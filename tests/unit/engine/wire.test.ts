// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { render } from "../../../steps/render.ts";
import { Secret } from "../../../steps/secret.ts";
import type { Step } from "../../../steps/step.ts";
import { cutting } from "./cuts.ts";
import { generator } from "./hostile.ts";
import { newId, planOf, sandbox, type Told, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);
const machine = sandbox();
afterAll(() => machine.dispose());

const runs = join(machine.directory, "run/agentworks/runs");
mkdirSync(runs, { recursive: true });

/** What a run told, without times. */
function story(told: Told) {
  const events = told.events.map((event) => ({ ...event, at: 0 }));
  return { end: told.end, events, log: told.log.map((line) => line.replace(/ \d\d:\d\d:\d\d$/, "")) };
}

describe("cancel", () => {
  const steps = (gate: string): Step[] => [
    toy({ apply: [`touch '${gate}.in'`, `until [[ -e '${gate}' ]]; do sleep 0.02; done`, "echo done"] }),
    toy({ apply: [":"] }),
  ];

  test("ends the run after the step that it is in", async () => {
    const gate = join(machine.directory, "cancel-1");
    const cancel = new AbortController();
    const running = machine.run(steps(gate), { cancel: cancel.signal });
    while (!existsSync(`${gate}.in`)) await Bun.sleep(10);
    cancel.abort();
    await Bun.sleep(200);
    writeFileSync(gate, "");
    const told = await running;
    expect(told).toMatchObject({ end: { kind: "ended" }, outcome: "interrupted" });
    expect(told.steps.map((step) => step.result)).toEqual(["changed", "skipped"]);
    expect(told.log).toContain("done");
  });

  test("before anything was sent, nothing happens", async () => {
    const cancel = AbortSignal.abort();
    const told = await machine.run([toy({ apply: [":"] })], { cancel });
    expect(told).toMatchObject({ end: { kind: "cancelled" }, events: [] });
    expect(existsSync(join(runs, told.id))).toBe(false);
  });

  test("to leave is at once, and the run goes on", async () => {
    const gate = join(machine.directory, "cancel-2");
    const abandon = new AbortController();
    const running = machine.run(steps(gate), { abandon: abandon.signal });
    while (!existsSync(`${gate}.in`)) await Bun.sleep(10);
    const left = Date.now();
    abandon.abort();
    const told = await running;
    expect(told.end).toEqual({ kind: "abandoned" });
    expect(Date.now() - left).toBeLessThan(1000);
    writeFileSync(gate, "");
    expect(await machine.run([], { id: told.id, followOnly: true })).toMatchObject({ outcome: "complete" });
  });
});

test("a run that is sent twice at the same time starts once, and both hear all of it", async () => {
  const id = newId();
  const count = join(machine.directory, "twice");
  const steps = [toy({ apply: [`echo ran >>'${count}'`, "echo said", "sleep 0.3"] }), toy({ apply: ["echo again"] })];
  const told = await Promise.all([1, 2, 3].map(() => machine.run(steps, { id })));
  expect(readFileSync(count, "utf8")).toBe("ran\n");
  expect(told[0]?.outcome).toBe("complete");
  for (const other of told.slice(1)) expect(story(other)).toEqual(story(told[0] as Told));
  expect(readdirSync(runs).filter((name) => name.startsWith("."))).toEqual([]);
});

test("a run that is over is told again, not run again", async () => {
  const steps = [toy({ apply: ["echo once"], check: ["false"] }, {}, { fatal: false })];
  const first = await machine.run(steps);
  expect(story(await machine.run(steps, { id: first.id }))).toEqual(story(first));
  expect(story(await machine.run([], { id: first.id, followOnly: true }))).toEqual(story(first));
});

test("a run that the machine does not know is lost", async () => {
  expect((await machine.run([], { followOnly: true })).end).toEqual({ kind: "lost" });
});

describe("an upload that is cut", () => {
  const made = join(machine.directory, "made-by-a-torn-run");
  const secret = new Secret("token", "canary-in-a-torn-upload");
  const steps = [toy({ apply: [`touch '${made}'`] }, { TOKEN: secret })];
  const script = render(planOf(steps), "apply");
  const loader = readFileSync(join(import.meta.dir, "../../../steps/loader.sh")).length;
  const whole = loader + 120 + script.text.length;

  test("starts nothing and leaves nothing, wherever it is cut", async () => {
    const random = generator(7);
    const points = [0, 1, loader - 1, loader, loader + 1, loader + 10, loader + 40, loader + 200, whole - 40];
    const all = [...points, ...Array.from({ length: 20 }, () => Math.floor(random() * whole))];
    for (const up of all.filter((bytes) => bytes < script.text.length + loader)) {
      const transport = cutting(machine.transport, Array(50).fill({ up }));
      const told = await machine.run(steps, { transport, loginMs: 0, reconnectMs: 0 });
      expect(told.end).toMatchObject({ kind: "unreachable" });
      expect(existsSync(made)).toBe(false);
      expect(readdirSync(runs)).not.toContain(told.id);
    }
    await Bun.sleep(300);
    expect(readdirSync(runs).filter((name) => name.startsWith("."))).toEqual([]);
    expect(existsSync(made)).toBe(false);
    const found = Bun.spawnSync(["grep", "-rlaF", Buffer.from(secret.reveal()).toString("base64"), machine.directory]);
    expect(found.stdout.toString()).toBe("");
  });

  test("is sent again over the next connection, and then runs once", async () => {
    for (const up of [10, loader + 100, loader + 3000, loader + script.text.length]) {
      const transport = cutting(machine.transport, [{ up }]);
      const told = await machine.run(steps, { transport });
      expect(told).toMatchObject({ end: { kind: "ended" }, outcome: "complete" });
      expect(transport.opened()).toBe(2);
    }
  });
});

describe("a connection that breaks while the run goes on", () => {
  const steps = Array.from({ length: 8 }, (_, index) =>
    toy(
      {
        check: ["false"],
        apply: [`for n in {1..20}; do echo "line $n of ${index}"; echo "error $n" >&2; done`, "sleep 0.05"],
        report: [`printf 'a report\\nof ${index}'`],
      },
      {},
      { fatal: false, name: `step ${index}\tof eight\n` },
    ),
  );

  test("at random points, several times: everything is told as without, each word once", async () => {
    const undisturbed = story(await machine.run(steps));
    const random = generator(42);
    const rounds = Array.from({ length: 10 }, async () => {
      const cuts = Array.from({ length: 4 }, () => ({ down: Math.floor(random() ** 2 * 5000) }));
      const transport = cutting(machine.transport, cuts);
      const told = await machine.run(steps, { transport, loginMs: 10_000 });
      return { story: story(told), opened: transport.opened() };
    });
    for (const round of await Promise.all(rounds)) {
      expect(round.story).toEqual(undisturbed);
      expect(round.opened).toBeGreaterThan(2);
    }
  });

  test("after the last event, before the last of the log", async () => {
    const lines = 4000;
    const last = [toy({ apply: [`for n in {1..${lines}}; do echo "line $n"; done`] })];
    const transport = cutting(machine.transport, [{ down: 9000 }, { down: 20_000 }]);
    const told = await machine.run(last, { transport });
    expect(told.log.filter((line) => line.startsWith("line"))).toHaveLength(lines);
    expect(new Set(told.log).size).toBe(lines + 1);
  });
});

test.each([
  ["lines", "Welcome\nto this machine\n"],
  ["no newline at its end", "Welcome to this machine"],
  ["what looks like us", "@agw\t0\tend\tcomplete\n@agw\t0\tbye\n@agw\t1\tstep\t1\tfailed\n"],
])("a start-up file that prints %s changes nothing", async (_, noise) => {
  const steps = [toy({ apply: ["echo said"], report: ["echo value"] })];
  const told = await machine.run(steps, { transport: cutting(machine.noisy(noise), [{ down: 400 }, { down: 10 }]) });
  expect(told.steps).toMatchObject([{ result: "changed", report: "value\n" }]);
  expect(told.log.slice(1)).toEqual(["said"]);
  expect(told.events.map((event) => event.kind)).toEqual(["run", "started", "report", "result", "end"]);
});

test("a /run that cannot take the run refuses it at once, with the reason", async () => {
  const full = sandbox();
  writeFileSync(join(full.directory, "run/agentworks"), "a file where a directory should be");
  const told = await full.run([toy({ apply: [":"] })]);
  full.dispose();
  expect(told.end).toEqual({ kind: "refused", message: "cannot write to /run" });
  expect(told.ms).toBeLessThan(2000);
});
