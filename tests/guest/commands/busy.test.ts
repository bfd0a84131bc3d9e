import { afterAll, beforeAll, expect, test } from "bun:test";
import { step } from "../../../steps/step.ts";
import { applySteps } from "../apply.ts";
import { transportTo } from "../machine/lab.ts";
import { bootWorld, type World } from "./world.ts";

let world: World;

beforeAll(async () => {
  world = await bootWorld();
  const { operator } = world;
  await operator.ok(["workspace", "create", "site", "--yes"]);
  await operator.ok(["agent", "create", "claude", "--yes"]);
});

afterAll(() => world[Symbol.asyncDispose]());

test("while a step of another run sleeps, sessions are made and stopped as fast as ever", async () => {
  const { guest, operator } = world;
  const sleeping = step(
    "test/sleep",
    "apply() {\n  touch /run/asleep\n  sleep 60\n}\n",
    {},
    { name: "a long step", limit: 0 },
  );
  const run = applySteps(await transportTo(guest), [sleeping]);
  while ((await guest.exec(["test", "-e", "/run/asleep"])).code !== 0) await Bun.sleep(50);

  const creates: number[] = [];
  const stops: number[] = [];
  for (const name of ["one", "two"]) {
    const create = ["session", "create", name, "--workspace", "site", "--agent", "claude", "--command", "sleep 1000"];
    creates.push(await timed(() => operator.ok(create)));
    stops.push(await timed(() => operator.ok(["session", "stop", name])));
  }

  // The better of two: a computer that is busy with something else proves nothing.
  expect(Math.min(...creates)).toBeLessThanOrEqual(2000);
  expect(Math.min(...stops)).toBeLessThanOrEqual(2000);
  expect(await Promise.race([run.then(() => "ended"), "goes on"])).toBe("goes on");
  run.catch(() => "the guest goes before the run ends");
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
