import type { Result } from "../../command.ts";
import { findTemplate } from "../../config/find-template.ts";
import { operatorPublicKeys } from "../../config/operator-keys.ts";
import type { Context } from "../../context.ts";
import { UsageError } from "../../errors.ts";
import { workspaceLine } from "../../plan/records.ts";
import type { Member } from "../../plan/workspace.ts";
import { createWorkspacePlan, deleteWorkspacePlan, grantSteps } from "../../plan/workspace.ts";
import { dryRun } from "../../run/dry-run.ts";
import type { Agent } from "../../state/agents.ts";
import type { Machine } from "../../state/machines.ts";
import type { State } from "../../state/state.ts";
import type { NewWorkspace } from "../../state/workspaces.ts";
import { chooseMachine } from "../choose.ts";
import { type Creation, create, meddled } from "../create.ts";
import { alongside, clearedFirst, sameNames } from "../plans.ts";
import { requireKey, requireReady, requireUnused, requireVacant } from "../ready.ts";
import { changeResult } from "../result.ts";
import { sayShared } from "../trust.ts";

/** What `workspace create` was given. */
export interface WorkspaceInput {
  readonly name: string;
  readonly vm?: string | undefined;
  readonly template?: string | undefined;
  readonly repo?: string | undefined;
  readonly branch?: string | undefined;
}

/** Makes a workspace; agents that may work everywhere may work in it. */
export async function createWorkspace(input: WorkspaceInput, context: Context): Promise<Result<unknown>> {
  requireUnused(context, "workspace", input.name);
  const machine = await chooseMachine(context, input.vm);
  const row = newWorkspace(context, input, machine);
  const creation = workspaceCreation(context, row, machine);
  if (context.flags.dryRun) return dryRun(machine.name, [creation.plan]);
  await requireKey(context);
  const executed = await create(context, creation);
  const workspace = context.state().workspaces.find(row.name);
  const agents = everywhere(context.state(), machine.name).map(({ name }) => name);
  sayShared(context, row.name, agents);
  return changeResult(
    executed,
    { workspace, agents },
    `Workspace '${row.name}' is ready on '${machine.name}': ${row.path}`,
  );
}

function newWorkspace(context: Context, input: WorkspaceInput, machine: Machine): NewWorkspace {
  const config = context.config();
  const template = findTemplate(config, "workspace", input.template);
  requireReady(machine);
  const repo = repository(input.repo ?? template.repo);
  if (input.branch !== undefined && repo === null)
    throw new UsageError(
      "--branch needs a repository",
      `agentworks workspace create ${input.name} --repo URL --branch NAME`,
    );
  return {
    name: input.name,
    machine: machine.name,
    linuxUser: `ws-${input.name}`,
    path: `${config.paths.vmWorkspaces}/${input.name}`,
    template: template.name,
    repo,
    branch: input.branch ?? null,
  };
}

/** A password, or a user name that is a token by its form or length; `https://me@dev.azure.com/…` is a user name. */
const HOLDS_SECRET = /^[a-z+]+:\/\/(?:[^/@]*:[^/@]*|(?:gh[a-z]_|github_pat_|glpat-)[^/@]*|[^/@]{32,})@/i;

/** What is kept in the state and in our records, and shown in a dry run, must not hold a password or a token. */
function repository(url: string | undefined): string | null {
  if (url === undefined || url === "") return null;
  if (HOLDS_SECRET.test(url))
    throw new UsageError("the repository's URL holds a password or a token", "give the URL without it: --repo URL");
  if (url.length > 4096)
    throw new UsageError("the repository's URL is longer than 4096 characters", "shorten it: --repo URL");
  return url;
}

function workspaceCreation(context: Context, row: NewWorkspace, machine: Machine): Creation {
  const state = context.state();
  const found = requireVacant(context, "workspace", row.name, machine);
  const { template, machine: _, ...rest } = row;
  const { id: installation } = state.installation.get();
  const { repo, branch, ...place } = rest;
  const workspace = {
    ...place,
    ...(repo !== null && { repo }),
    ...(branch !== null && { branch }),
    keys: operatorPublicKeys(context.config()),
    installation,
    record: workspaceLine({ installation, template, ...rest }),
  };
  const granted = everywhere(state, machine.name);
  const members: Member[] = granted.map(({ name, linuxUser }) => ({ linuxUser, agent: name }));
  const undo = deleteWorkspacePlan(workspace, { sessions: [], agents: members });
  const plan = alongside(
    createWorkspacePlan(workspace),
    members.flatMap((member) => grantSteps(workspace, member)),
    granted.map(({ name }) => `agent-${name}`),
  );
  const left = state.workspaces.find(row.name);
  const same =
    left === null ||
    (left.lifecycle === "creating" && left.repo === row.repo && left.path === row.path && left.branch === row.branch);
  return {
    kind: "workspace",
    name: row.name,
    machine,
    found,
    plan: same ? plan : clearedFirst(plan, undo),
    undo: () => undo,
    insert(now) {
      if (!sameNames(everywhere(now, machine.name), granted)) throw meddled({ kind: "workspace", name: row.name });
      now.workspaces.insert(row);
      for (const { name } of granted) now.grants.add({ agent: name, workspace: row.name, session: null });
    },
    record: (now) => now.workspaces.setLifecycle(row.name, "ready"),
  };
}

/** The agents of a machine that may work in all its workspaces. */
function everywhere(state: State, machine: string): readonly Agent[] {
  return state.agents
    .list({ machines: [machine] })
    .filter(({ grantAll, lifecycle }) => grantAll && lifecycle === "ready");
}
