import { describe, expect, test } from "bun:test";
import { at, type Operator } from "../cli.ts";
import { signalledAt, wasStruck } from "../commands/world.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { difference } from "../machine/lab.ts";
import { operatorWithBash, statusOf, sweep } from "./lab.ts";

/** A guest and an operator who has nothing yet, one for each of the two that go on side by side. */
interface Place extends AsyncDisposable {
  readonly guest: Guest;
  readonly operator: Operator;
  readonly before: readonly string[];
  /** What it is like after an undisturbed creation. */
  readonly after: readonly string[];
}

async function place(): Promise<Place> {
  const guest = await bootGuest();
  const operator = await operatorWithBash(guest);
  await operator.ok(create(guest));
  const after = await sweep(guest);
  await operator.ok(PURGE);
  // That this is what it was like before, but for our directory in /run, is logins.test.ts's matter.
  const before = await sweep(guest);
  return {
    ...{ guest, operator, before, after },
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      await guest.dispose();
    },
  };
}

const create = (guest: Guest) => ["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"];
const PURGE = ["vm", "delete", "dev", "--purge", "--yes"];

/** More events than a creation has. */
const MOST = 200;

/** The events before the first step, then every so many. A step has two. */
function* eventsBy(...strides: readonly [number, ...number[]]): Generator<number> {
  yield* [0, 1, 2, 3];
  for (let event = 4, turn = 0; event < MOST; event += strides[turn++ % strides.length] ?? 1) yield event;
}

describe.concurrent("vm create", () => {
  test("interrupted at any event it is as if it had never been", async () => {
    await using all = await place();
    const { guest, operator, before, after } = all;
    for (const event of eventsBy(3, 1)) {
      const struck = signalledAt(operator, event, "INT");
      const ran = await struck.run(create(guest));
      if (!wasStruck(struck)) break;
      const when = `event ${event}`;
      if (ran.code === 0) {
        // All was done before the word came.
        await operator.ok(PURGE);
        continue;
      }
      expect({ when, code: ran.code, stderr: ran.stderr }).toEqual({
        when,
        code: 130,
        stderr: expect.stringMatching(
          event < 3 ? /Cancelled\.\n$/ : /Cancelling vm create 'dev' … rolling back\.\n(?:.*\n)*Cancelled\.\n$/,
        ),
      });
      expect({ when, ...difference(before, await sweep(guest)) }).toEqual({ when, gone: [], new: [] });
      expect({ when, status: statusOf(operator) }).toEqual({ when, status: undefined });
    }
    // The last one was not struck, and went well.
    expect(statusOf(operator)).toBe("complete complete");
    expect(difference(after, await sweep(guest))).toEqual({ gone: [], new: [] });
  }, 600_000);

  test("killed at any event the same command goes on from there", async () => {
    await using all = await place();
    const { guest, operator, before, after } = all;
    for (const event of eventsBy(3, 1)) {
      const struck = signalledAt(operator, event, "KILL");
      const killed = await struck.run(create(guest));
      if (!wasStruck(struck)) {
        await operator.ok(PURGE);
        break;
      }
      const when = `event ${event}`;
      expect({ when, code: killed.code }).toEqual({ when, code: 137 });
      const again = await operator.run(create(guest));
      expect({ when, code: again.code, stderr: again.stderr }).toMatchObject({ when, code: 0 });
      expect({ when, status: statusOf(operator) }).toEqual({ when, status: "complete complete" });
      expect({ when, ...difference(after, await sweep(guest)) }).toEqual({ when, gone: [], new: [] });
      await operator.ok(PURGE);
    }
    expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
    expect(operator.rows("SELECT id FROM runs")).toEqual([]);
  }, 600_000);
});

test("a second Ctrl-C leaves at once, also while it rolls back, and what was left can be gone on with", async () => {
  await using all = await place();
  const { guest, operator, before, after } = all;
  await guest.bash("mkdir -p /run/agentworks/lock; systemd-run --unit=hold flock /run/agentworks/lock/init sleep 600");
  const left = operator.start(create(guest));
  await left.until("waiting for another process (lock init)");
  left.kill("SIGINT");
  await left.until("Cancelling");
  const since = performance.now();
  left.kill("SIGINT");
  const { code, stderr } = await left.ended;
  expect(performance.now() - since).toBeLessThan(1500);
  expect({ code, stderr }).toEqual({ code: 130, stderr: expect.stringContaining(LEFT) });
  expect(statusOf(operator)).toBe("in_progress in_progress");
  await guest.bash("systemctl stop hold");
  await operator.ok(create(guest));
  expect(difference(after, await sweep(guest))).toEqual({ gone: [], new: [] });
  await operator.ok(PURGE);

  const struck = operator.start(create(guest));
  await struck.until("directories (changed");
  struck.kill("SIGINT");
  await struck.until("rolling back");
  struck.kill("SIGKILL");
  await struck.ended;
  await operator.ok(["vm", "delete", "dev", "--purge", "--yes"]);
  expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
  expect(statusOf(operator)).toBeUndefined();
}, 60_000);

const LEFT = `Left. vm create dev may go on on 'dev'.
Follow it: agentworks vm logs dev --follow
Then run it again: agentworks vm create dev
Or give the machine back: agentworks vm delete dev --purge
`;
