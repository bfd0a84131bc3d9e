import { describe, expect, test } from "bun:test";
import { at, type Operator } from "../cli.ts";
import { rowsOf, sweep as sweepThings } from "../commands/world.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { difference } from "../machine/lab.ts";
import { sweep as sweepMachine } from "../vm/lab.ts";
import { filesOf, type Moment, newcomer, type Struck, struckAt } from "./lab.ts";

/** A guest, and an operator who has nothing yet. */
interface Place extends AsyncDisposable {
  readonly guest: Guest;
  readonly operator: Operator;
  readonly start: readonly string[];
  /** What the guest is like without quickstart, and what is there of ours with it. */
  readonly without: readonly string[];
  readonly complete: readonly string[];
  readonly moments: Moments;
}

/** When there is something to strike: connections by their number, and how many events each has. */
interface Moments {
  /** By which the machine is initialised; the next one proves the way in. */
  readonly init: number;
  readonly initEvents: number;
  /** Of workspace, agent and session, each a connection. */
  readonly things: readonly [number, number, number];
  readonly removeEvents: number;
}

const REMOVE = ["quickstart", "--remove", "--yes", "--non-interactive"];
async function place(): Promise<Place> {
  const guest = await bootGuest();
  const operator = await newcomer(guest);
  const start = ["quickstart", ...at(guest), "--yes", "--non-interactive"];
  const starting = struckAt(operator);
  await starting.operator.ok(start);
  const complete = await sweepThings(guest);
  const removing = struckAt(operator);
  await removing.operator.ok(REMOVE);
  const without = await sweepMachine(guest);
  const moments = momentsOf(starting.events(), removing.events());
  return {
    ...{ guest, operator, start, without, complete, moments },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await guest.dispose();
    },
  };
}

function momentsOf(starting: readonly number[], removing: readonly number[]): Moments {
  const initEvents = Math.max(...starting);
  const init = starting.indexOf(initEvents) + 1;
  const [workspace = 0, agent = 0, session = 0, ...more] = starting.slice(init).filter((events) => events > 0);
  expect(more).toEqual([]);
  return { init, initEvents, things: [workspace, agent, session], removeEvents: Math.max(...removing) };
}

/** Nothing is left: on the guest, in the home, in the state. */
async function expectNothing({ guest, operator, without }: Place, when: unknown): Promise<void> {
  const rows = [...rowsOf(operator), ...operator.rows("SELECT name FROM machines"), ...recordOf(operator)];
  expect({ when, ...difference(without, await sweepMachine(guest)) }).toEqual({ when, gone: [], new: [] });
  expect({ when, files: filesOf(operator), rows }).toEqual({ when, files: [], rows: [] });
}

/** All is there, and nothing besides. */
async function expectAll({ guest, operator, complete }: Place, when: unknown): Promise<void> {
  expect({ when, things: await sweepThings(guest) }).toEqual({ when, things: [...complete] });
  expectTidy(operator, when);
  const parts = recordOf(operator).map(({ part, mark }) => (mark === null ? `${part} half made` : part));
  expect({ when, parts: parts.sort() }).toEqual({
    when,
    parts: ["agent", "config", "machine", "session", "workspace"],
  });
}

/** What there is, is ready; nobody is at it. */
function expectTidy(operator: Operator, when: unknown): void {
  const rows = rowsOf(operator).filter((row) => /"creating"|"deleting"|"open run"/.test(row));
  const running = recordOf(operator).filter(({ part }) => part === "run");
  expect({ when, rows, running }).toEqual({ when, rows: [], running: [] });
}

const recordOf = (operator: Operator) =>
  operator.rows<{ part: string; mark: string | null }>("SELECT part, mark FROM quickstart");

async function strike({ operator }: Place, argv: readonly string[], moment: Moment, signal: "INT" | "KILL") {
  const struck: Struck = struckAt(operator, moment, signal);
  const { code, stderr } = await struck.operator.run(argv);
  return { code, stderr, struck: struck.wasStruck() };
}

/** Of a run that has so many events: before it connects, its first word, one in the middle, its last. */
const eventsOf = (most = 0) => [0, 1, Math.floor(most / 2), most];

/** In the order in which they are made, and what removes each with all that comes after it. */
const THINGS = [
  {
    part: "workspace",
    undo: [
      ["workspace", "delete", "first-project", "--force"],
      ["agent", "delete", "first-agent"],
    ],
  },
  { part: "agent", undo: [["agent", "delete", "first-agent", "--force"]] },
  { part: "session", undo: [["session", "delete", "first-session"]] },
] as const;

/** Before anything of the machine, its first word, every so many, its last, and the proof that the admin gets in. */
function machineMoments({ init, initEvents }: Moments, stride: number): readonly Moment[] {
  const middle = Array.from({ length: Math.floor(initEvents / stride) }, (_, index) => 4 + index * stride);
  const events = [1, ...middle.filter((event) => event < initEvents), initEvents];
  return [
    { connection: 1, event: 0 },
    ...events.map((event) => ({ connection: init, event })),
    { connection: init + 1, event: 0 },
  ];
}

describe.concurrent("quickstart", () => {
  test("interrupted while the machine is made it leaves nothing, later what is ready; the next run goes on", async () => {
    await using all = await place();
    const { operator, start, moments } = all;
    for (const moment of machineMoments(moments, 9)) {
      const { code, stderr, struck } = await strike(all, start, moment, "INT");
      expect({ moment, struck, code, stderr }).toMatchObject({ moment, struck: true, code: 130 });
      await expectNothing(all, moment);
    }
    // Each of the rest with all before it in place; the last of them makes its thing, and stops before the next one.
    const last = await strike(all, start, { connection: moments.init + 2, event: 0 }, "INT");
    expect(last).toMatchObject({ code: 130, stderr: expect.stringContaining("\nGo on: agentworks quickstart\n") });
    for (const [index, { part }] of THINGS.entries()) {
      for (const event of eventsOf(moments.things[index])) {
        const when = { part, event };
        const { code, stderr } = await strike(all, start, { connection: 1, event }, "INT");
        expect({ when, code, stderr }).toMatchObject({ when, code: 130 });
        expectTidy(operator, when);
      }
      await strike(all, start, { connection: 2, event: 0 }, "INT");
    }
    await operator.ok(["quickstart", "--yes", "--non-interactive"]);
    await expectAll(all, "in the end");
    const removing = await strike(all, REMOVE, { connection: 1, event: Math.floor(moments.removeEvents / 2) }, "INT");
    expect(removing).toMatchObject({ code: 130, struck: true });
    await operator.ok(REMOVE);
    await expectNothing(all, "removed");
  }, 600_000);

  test("killed at any event the next run goes on, with --remove too", async () => {
    await using all = await place();
    const { operator, start, moments } = all;
    for (const moment of machineMoments(moments, 30)) {
      expect(await strike(all, start, moment, "KILL")).toMatchObject({ code: 137, struck: true });
      const again = await operator.run(start);
      expect({ moment, code: again.code, stderr: again.stderr }).toMatchObject({ moment, code: 0 });
      await expectAll(all, moment);
      const within = moment.connection === moments.init ? moment.event : moment.connection;
      const taken = { connection: 1, event: Math.min(within, moments.removeEvents) };
      expect({ taken, ...(await strike(all, REMOVE, taken, "KILL")) }).toMatchObject({
        taken,
        code: 137,
        struck: true,
      });
      await operator.ok(REMOVE);
      await expectNothing(all, { moment, taken });
    }
    await operator.ok(start);
    for (const [index, { part, undo }] of THINGS.entries()) {
      // The session's all; of the others, which are made the same way, those that are not like them.
      for (const event of eventsOf(moments.things[index]).slice(part === "session" ? 0 : 2)) {
        for (const argv of undo) await operator.ok([...argv, "--yes"]);
        const when = { part, event };
        expect({ when, ...(await strike(all, start, { connection: 1, event }, "KILL")) }).toMatchObject({
          when,
          code: 137,
        });
        const again = await operator.run(start);
        expect({ when, code: again.code, stderr: again.stderr }).toMatchObject({ when, code: 0 });
        await expectAll(all, when);
      }
    }
  }, 600_000);
});
