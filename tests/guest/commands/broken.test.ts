import { afterAll, beforeAll, expect, test } from "bun:test";
import { bootWorld, rowsOf, signalledAt, sweep, type World } from "./world.ts";

let world: World;
let empty: readonly string[];
beforeAll(async () => {
  world = await bootWorld();
  await world.operator.ok(["agent", "create", "x"]);
  await world.operator.ok(["agent", "delete", "x", "--yes"]);
  empty = await sweep(world.guest);
}, 120_000);
afterAll(async () => await world?.[Symbol.asyncDispose]());

/** An event in the middle of `agent create`: its user is there, its limits are not. */
const MIDDLE = 7;

async function expectNothing(): Promise<void> {
  expect(rowsOf(world.operator)).toEqual([]);
  expect(await sweep(world.guest)).toEqual([...empty]);
}

test("a rollback that fails says what is left, and how to remove it", async () => {
  const offline = signalledAt(world.operator, MIDDLE, "INT", "refused");
  const { code, stderr } = await offline.run(["agent", "create", "x"]);
  expect(code).toBe(130);
  expect(stderr).toContain("Cancelling agent create 'x' … rolling back.");
  expect(stderr).toContain("What there is of agent 'x' is still on 'dev'.");
  expect(stderr).toContain("Next: agentworks agent delete x --force");
  expect(rowsOf(world.operator).join()).toContain('"deleting"');
  await world.operator.ok(["agent", "delete", "x", "--force", "--yes"]);
  await expectNothing();
});

test("after a rollback that failed the same command makes it whole", async () => {
  await signalledAt(world.operator, MIDDLE, "INT", "refused").run(["agent", "create", "x"]);
  await world.operator.ok(["agent", "create", "x"]);
  expect((await world.guest.exec(["id", "agt-x"])).code).toBe(0);
  await world.operator.ok(["agent", "delete", "x", "--yes"]);
  await expectNothing();
});

test("killed in the middle of a rollback, the same command makes it whole", async () => {
  const operator = signalledAt(world.operator, MIDDLE, "INT");
  const running = operator.start(["agent", "create", "x"]);
  await running.until("rolling back");
  await Bun.sleep(300);
  running.kill("SIGKILL");
  await running.ended;
  await world.operator.ok(["agent", "create", "x"]);
  expect((await world.guest.exec(["id", "agt-x"])).code).toBe(0);
  await world.operator.ok(["agent", "delete", "x", "--yes"]);
  await expectNothing();
});

test("a second Ctrl-C leaves at once: the row says so, and the way to remove it is named", async () => {
  const running = world.operator.start(["workspace", "create", "slow", "--repo", "file:///srv/slow"]);
  await running.until("user ws-slow");
  running.kill("SIGINT");
  await running.until("Cancelling");
  running.kill("SIGINT");
  const { code, stderr } = await running.ended;
  expect(code).toBe(130);
  expect(stderr).toContain("agentworks workspace delete slow --force");
  expect(rowsOf(world.operator).join()).toContain('"creating"');
  await world.operator.ok(["workspace", "delete", "slow", "--force", "--yes"]);
  await expectNothing();
});

test("a step that fails is undone, and is the error", async () => {
  const { code, stderr } = await world.operator.run(["workspace", "create", "gone", "--repo", "file:///srv/nowhere"]);
  expect(code).toBe(1);
  expect(stderr).toContain("does not appear to be a git repository");
  expect(stderr).toMatch(/Error: workspace 'gone' was not created: step 'clone of .*' failed/);
  await expectNothing();
});

test("a delete that was killed is finished by the same command", async () => {
  for (const event of [2, 4, 6]) {
    await world.operator.ok(["agent", "create", "x"]);
    const killed = await signalledAt(world.operator, event, "KILL").run(["agent", "delete", "x", "--yes"]);
    expect({ event, code: killed.code }).toEqual({ event, code: 137 });
    await world.operator.ok(["agent", "delete", "x", "--yes"]);
    await expectNothing();
  }
});

test("two commands that make the same thing: one does, the other says so", async () => {
  const [one, other] = await Promise.all([1, 2].map(() => world.operator.run(["agent", "create", "x"])));
  expect([one?.code, other?.code].sort()).toEqual([0, 1]);
  const refused = one?.code === 0 ? other : one;
  expect(refused?.stderr).toMatch(/exists already|is changing agent:x|Another command changed agent 'x'/);
  await world.operator.ok(["agent", "delete", "x", "--yes"]);
  await expectNothing();
});

test("what the machine has under a name that is not ours is refused, and stays", async () => {
  await world.guest.bash("useradd --create-home agt-theirs && groupadd ws-theirs");
  const agent = await world.operator.run(["agent", "create", "theirs"]);
  const workspace = await world.operator.run(["workspace", "create", "theirs"]);
  expect([agent.code, workspace.code]).toEqual([1, 1]);
  expect(agent.stderr + workspace.stderr).toContain("is not ours");
  expect(rowsOf(world.operator)).toEqual([]);
  expect((await world.guest.bash("id agt-theirs && getent group ws-theirs")).code).toBe(0);
  await world.guest.bash("userdel --remove agt-theirs && groupdel ws-theirs");
  await expectNothing();
});
