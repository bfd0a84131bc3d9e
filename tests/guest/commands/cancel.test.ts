import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Ran } from "../cli.ts";
import { bootWorld, rowsOf, signalledAt, sweep, type World, wasStruck } from "./world.ts";

let world: World;
let empty: readonly string[];
beforeAll(async () => {
  world = await bootWorld();
  await world.guest.bash(`
    git init --quiet --bare /srv/origin && git config --system --add safe.directory /srv/origin
    git clone --quiet /srv/origin /srv/work 2>/dev/null && cd /srv/work && seq 1000 >numbers
    git add numbers && git -c user.name=o -c user.email=o@o commit --quiet -m one && git push --quiet origin HEAD`);
  await world.operator.ok(["workspace", "create", "base"]);
  await world.operator.ok(["agent", "create", "worker"]);
  // What every machine has once it had one of each.
  for (const { argv, remove } of CREATES) {
    await world.operator.ok(argv);
    await world.operator.ok(remove);
  }
  empty = await sweep(world.guest);
}, 180_000);
afterAll(async () => await world?.[Symbol.asyncDispose]());

/** More events than any of these runs has. */
const MOST = 40;

const CREATES = [
  { argv: ["workspace", "create", "x", "--repo", "file:///srv/origin"], remove: ["workspace", "delete", "x", "--yes"] },
  { argv: ["agent", "create", "x", "--grant-all-workspaces"], remove: ["agent", "delete", "x", "--yes"] },
  {
    argv: ["session", "create", "x", "--workspace", "base", "--agent", "worker", "--command", "sleep 1000"],
    remove: ["session", "delete", "x", "--yes"],
  },
] as const;

for (const { argv, remove } of CREATES) {
  const what = argv.slice(0, 2).join(" ");

  describe(what, () => {
    let undisturbed: readonly string[];
    let before: readonly string[];
    beforeAll(async () => {
      before = rowsOf(world.operator);
      await world.operator.ok(argv);
      undisturbed = await sweep(world.guest);
      await world.operator.ok(remove);
    }, 60_000);

    /** The run had no more events: it went undisturbed. */
    async function undo({ code, stderr }: Ran): Promise<void> {
      expect({ code, stderr }).toMatchObject({ code: 0 });
      await world.operator.ok(remove);
    }

    test("interrupted at each event it leaves nothing, and the same command then works", async () => {
      for (let event = 0; event < MOST; event++) {
        const operator = signalledAt(world.operator, event, "INT");
        const ran = await operator.run(argv);
        if (!wasStruck(operator)) return await undo(ran);
        const at = `event ${event}`;
        if (ran.code === 130) {
          expect({ at, rows: rowsOf(operator), left: await sweep(world.guest) }).toEqual({
            at,
            rows: before,
            left: empty,
          });
          await world.operator.ok(argv);
        } else {
          // It had done all before it heard the word.
          expect({ at, code: ran.code, stderr: ran.stderr }).toMatchObject({ at, code: 0 });
        }
        expect({ at, there: await sweep(world.guest) }).toEqual({ at, there: undisturbed });
        await world.operator.ok(remove);
      }
    }, 900_000);

    test("killed at each event, the same command goes on from there", async () => {
      for (let event = 0; event < MOST; event++) {
        const operator = signalledAt(world.operator, event, "KILL");
        const killed = await operator.run(argv);
        if (!wasStruck(operator)) return await undo(killed);
        const at = `event ${event}`;
        expect({ at, code: killed.code }).toEqual({ at, code: 137 });
        const again = await world.operator.run(argv);
        expect({ at, code: again.code, stderr: again.stderr }).toMatchObject({ at, code: 0 });
        expect({ at, there: await sweep(world.guest) }).toEqual({ at, there: undisturbed });
        await world.operator.ok(remove);
        expect({ at, rows: rowsOf(world.operator), left: await sweep(world.guest) }).toEqual({
          at,
          rows: before,
          left: empty,
        });
      }
    }, 900_000);
  });
}
