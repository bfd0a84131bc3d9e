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
}

const REMOVE = ["quickstart", "--remove", "--yes", "--non-interactive"];
/** When nothing is there yet, the connection by which the machine is initialised, and the one that proves the way in. */
const INIT = 4;
const PROOF = 5;

async function place(): Promise<Place> {
  const guest = await bootGuest();
  const operator = await newcomer(guest);
  const start = ["quickstart", ...at(guest), "--yes", "--non-interactive"];
  await operator.ok(start);
  const complete = await sweepThings(guest);
  await operator.ok(REMOVE);
  const without = await sweepMachine(guest);
  return {
    ...{ guest, operator, start, without, complete },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await guest.dispose();
    },
  };
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
const eventsOf = (most: number) => [0, 1, Math.floor(most / 2), most];

/** In the order in which they are made, how many events each has, and what removes it with all that comes after it. */
const THINGS = [
  {
    part: "workspace",
    events: 15,
    undo: [
      ["workspace", "delete", "first-project", "--force"],
      ["agent", "delete", "first-agent"],
    ],
  },
  { part: "agent", events: 13, undo: [["agent", "delete", "first-agent", "--force"]] },
  { part: "session", events: 13, undo: [["session", "delete", "first-session"]] },
] as const;

/** Before anything of the machine, each of the first words, then every so many, and the proof that the admin gets in. */
const MACHINE: readonly Moment[] = [
  { connection: 1, event: 0 },
  ...[1, 4, 15, 30, 46].map((event) => ({ connection: INIT, event })),
  { connection: PROOF, event: 0 },
];

describe.concurrent("quickstart", () => {
  test("interrupted while the machine is made it leaves nothing, later what is ready; the next run goes on", async () => {
    await using all = await place();
    const { operator, start } = all;
    for (const moment of MACHINE) {
      const { code, stderr, struck } = await strike(all, start, moment, "INT");
      expect({ moment, struck, code, stderr }).toMatchObject({ moment, struck: true, code: 130 });
      await expectNothing(all, moment);
    }
    // Each of the rest with all before it in place; the last of them makes its thing, and stops before the next one.
    const last = await strike(all, start, { connection: PROOF + 1, event: 0 }, "INT");
    expect(last).toMatchObject({ code: 130, stderr: expect.stringContaining("\nGo on: agentworks quickstart\n") });
    for (const { part, events } of THINGS) {
      for (const event of eventsOf(events)) {
        const when = { part, event };
        const { code, stderr } = await strike(all, start, { connection: 1, event }, "INT");
        expect({ when, code, stderr }).toMatchObject({ when, code: 130 });
        expectTidy(operator, when);
      }
      await strike(all, start, { connection: 2, event: 0 }, "INT");
    }
    await operator.ok(["quickstart", "--yes", "--non-interactive"]);
    await expectAll(all, "in the end");
    const removing = await strike(all, REMOVE, { connection: 1, event: 12 }, "INT");
    expect(removing).toMatchObject({ code: 130, struck: true });
    await operator.ok(REMOVE);
    await expectNothing(all, "removed");
  }, 600_000);

  test("killed at any event the next run goes on, with --remove too", async () => {
    await using all = await place();
    const { operator, start } = all;
    for (const moment of MACHINE) {
      expect(await strike(all, start, moment, "KILL")).toMatchObject({ code: 137, struck: true });
      const again = await operator.run(start);
      expect({ moment, code: again.code, stderr: again.stderr }).toMatchObject({ moment, code: 0 });
      await expectAll(all, moment);
      const taken = {
        connection: 1,
        event: moment.connection === INIT ? Math.min(moment.event, 27) : moment.connection,
      };
      expect({ taken, ...(await strike(all, REMOVE, taken, "KILL")) }).toMatchObject({
        taken,
        code: 137,
        struck: true,
      });
      await operator.ok(REMOVE);
      await expectNothing(all, { moment, taken });
    }
    await operator.ok(start);
    for (const { part, events, undo } of THINGS) {
      for (const event of eventsOf(events)) {
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
