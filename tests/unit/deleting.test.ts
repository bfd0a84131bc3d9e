import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { openState } from "../../cli/state/state.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { agent, machine, session, workspace } from "./state/fixture.ts";

let operator: Operator;

beforeAll(async () => {
  operator = await operatorOf(undefined);
  const state = openState(join(operator.home, "agentworks.db"));
  state.machines.insert({ ...machine("dev"), adopted: true, host: "127.0.0.1", port: 1 });
  state.workspaces.insert(workspace("site", "dev"));
  state.agents.insert(agent("claude", "dev"));
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.close();
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

const holders = [
  ["vm", "dev", ["site", "claude", "fix"]],
  ["workspace", "site", ["fix"]],
  ["agent", "claude", ["fix"]],
] as const;

for (const [noun, name, held] of holders) {
  test(`${noun} delete: --yes alone does not delete what holds others, and the error names them`, async () => {
    const { code, stderr } = await operator.run([noun, "delete", name, "--yes"]);
    expect(code).toBe(1);
    for (const thing of held) expect(stderr).toContain(thing);
    expect(stderr).toContain(`Next: agentworks ${noun} delete ${name} --force`);
  });

  test(`${noun} delete: --force alone still asks, naming all that goes`, async () => {
    const { code, stderr } = await operator.run([noun, "delete", name, "--force"]);
    expect(code).toBe(2);
    for (const thing of held) expect(stderr).toContain(thing);
    expect(stderr).toContain("--yes");
  });

  test(`${noun} delete: a question that is answered with no deletes nothing`, async () => {
    const { code, unsent } = await operator.onTerminal([noun, "delete", name, "--force"], [[name, "n"]]);
    expect([code, unsent]).toEqual([130, 0]);
  });
}

test("after all that everything is still there", async () => {
  expect(await operator.ok(["session", "list", "--names-only"])).toBe("fix\n");
  expect(await operator.ok(["workspace", "list", "--names-only"])).toBe("site\n");
  expect(await operator.ok(["agent", "list", "--names-only"])).toBe("claude\n");
  expect(await operator.ok(["vm", "list", "--names-only"])).toBe("dev\n");
});

test("stopping a machine that is its owner's says how its sessions are stopped", async () => {
  const { code, stderr } = await operator.run(["vm", "stop", "dev"]);
  expect(code).toBe(1);
  expect(stderr).toContain("agentworks session list --vm dev");
});
