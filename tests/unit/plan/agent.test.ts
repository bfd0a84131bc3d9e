import { expect, test } from "bun:test";
import { createAgentPlan, deleteAgentPlan } from "../../../cli/plan/agent.ts";
import type { Agent } from "../../../steps/agent/index.ts";

const agent: Agent = {
  name: "claude",
  linuxUser: "agt-claude",
  shell: "bash",
  keys: ["ssh-ed25519 AAAA operator"],
  installation: "i",
  record: '{"installation":"i"}',
};
const ids = (plan: { readonly steps: readonly { readonly id: string }[] }) => plan.steps.map(({ id }) => id);

test("an agent is made in this order, under its own lock", () => {
  const plan = createAgentPlan(agent);
  expect(plan).toMatchObject({ operation: "agent create claude", locks: ["agent-claude"], exclusive: false });
  expect(ids(plan)).toEqual(["agent/account", "machine/schedulers", "agent/slice", "agent/keys"]);
  expect(plan.steps.every(({ user, fatal }) => user === "root" && fatal)).toBe(true);
});

test("its sessions go before it, under their locks", () => {
  const plan = deleteAgentPlan(agent, ["one", "two"]);
  expect(plan.locks).toEqual(["agent-claude", "session-one", "session-two"]);
  expect(ids(plan)).toEqual(["session/gone", "session/gone", "agent/user-gone"]);
  expect(plan.steps.map(({ subject }) => subject)).toEqual(["one", "two", "agt-claude"]);
});

test("limits become what systemd takes; without any there is a bound on tasks alone", () => {
  const limits = (value: Agent["limits"]) =>
    createAgentPlan({ ...agent, ...(value === undefined ? {} : { limits: value }) }).steps.find(
      ({ id }) => id === "agent/slice",
    )?.values;
  expect(limits({ memory: 1.5, cpus: 0.25, tasks: 9 })).toMatchObject({
    MEMORY_MAX: 1_610_612_736,
    CPU_QUOTA: "25%",
    TASKS_MAX: 9,
  });
  expect(limits(undefined)).toMatchObject({ MEMORY_MAX: "infinity", CPU_QUOTA: "", TASKS_MAX: 4096 });
});
