import { expect, test } from "bun:test";
import { createWorkspacePlan, deleteWorkspacePlan, grantPlan, revokePlan } from "../../../cli/plan/workspace.ts";
import type { Workspace } from "../../../steps/workspace/index.ts";

const workspace: Workspace = {
  name: "site",
  linuxUser: "ws-site",
  path: "/opt/agentworks/workspaces/site",
  keys: ["ssh-ed25519 AAAA operator"],
  installation: "i",
  record: '{"installation":"i"}',
};
const claude = { linuxUser: "agt-claude", agent: "claude" };
const stepsOf = (plan: { readonly steps: readonly { readonly id: string; readonly user: string }[] }) =>
  plan.steps.map(({ id, user }) => `${id} ${user}`);

test("only a workspace with a repository is cloned, as its own user and for as long as it takes", () => {
  expect(createWorkspacePlan(workspace).locks).toEqual(["workspace-site"]);
  expect(stepsOf(createWorkspacePlan(workspace))).toEqual([
    ...["agent/account root", "machine/schedulers root", "agent/keys root", "workspace/directory root"],
    "workspace/safe-directory ws-site",
  ]);
  const clone = createWorkspacePlan({ ...workspace, repo: "https://example.org/x" }).steps.at(-1);
  expect(clone).toMatchObject({ id: "workspace/clone", user: "ws-site", limit: 0 });
  expect(clone?.values).toMatchObject({ REPO: "https://example.org/x", BRANCH: "" });
});

test("sessions go before the directory, the directory before its user", () => {
  const plan = deleteWorkspacePlan(workspace, { sessions: ["one"], agents: [claude] });
  expect(plan.locks).toEqual(["workspace-site", "session-one"]);
  expect(stepsOf(plan)).toEqual([
    ...["session/gone root", "workspace/safe-directory-gone agt-claude", "workspace/directory-gone root"],
    "agent/user-gone root",
  ]);
});

test("an agent's grant includes git, the admin's does not", () => {
  expect(grantPlan(workspace, claude).locks).toEqual(["workspace-site", "agent-claude"]);
  expect(stepsOf(grantPlan(workspace, claude))).toEqual([
    "workspace/grant root",
    "workspace/safe-directory agt-claude",
  ]);
  expect(stepsOf(revokePlan(workspace, claude))).toEqual([
    "workspace/revoke root",
    "workspace/safe-directory-gone agt-claude",
  ]);
  expect(stepsOf(grantPlan(workspace, { linuxUser: "agentworks" }))).toEqual(["workspace/grant root"]);
});
