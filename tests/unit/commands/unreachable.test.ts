import { describe, expect, test } from "bun:test";
import { type Desk, desk, furnish } from "./world.ts";

/** All rows but those of runs. */
function rows(world: Desk): unknown {
  return world.state(({ workspaces, agents, grants, sessions }) => [
    ...[workspaces.list(), agents.list(), grants.list()],
    sessions.list().map(({ updatedAt: _, ...session }) => session),
  ]);
}

describe("a machine that is off", () => {
  for (const line of [
    "workspace create new --vm dev",
    "agent create new --vm dev --grant-all-workspaces",
    "session create new --workspace site --agent cyd",
    "session stop fix",
    "session delete fix --yes",
    "agent delete cyd --force --yes",
    "workspace delete site --force --yes",
  ]) {
    test(`${line}: fails, and nothing has changed`, async () => {
      const world = desk();
      world.state(furnish);
      const before = rows(world);
      const { code, stdout, stderr } = await world.run(...line.split(" "));
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("Connection refused");
      expect(rows(world)).toEqual(before);
      expect(world.state(({ runs }) => runs.open())).toEqual([]);
    });
  }

  test("what an earlier attempt may have left there is not forgotten", async () => {
    const world = desk();
    world.state((state) => {
      const row = { name: "new", machine: "dev", linuxUser: "agt-new", template: "default", grantAll: false };
      state.agents.insert(row);
    });
    const { code } = await world.run("agent", "create", "new", "--vm", "dev");
    expect(code).toBe(1);
    expect(world.state(({ agents }) => agents.find("new")?.lifecycle)).toBe("creating");
  });
});

test("vm exec passes ssh's own exit code through", async () => {
  const { code } = await desk({ ssh: "exit 255\n" }).run("vm", "exec", "dev", "true");
  expect(code).toBe(255);
});
