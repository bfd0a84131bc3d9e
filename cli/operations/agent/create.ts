import type { Agent as AgentSpec, Limits } from "../../../steps/agent/index.ts";
import type { Result } from "../../command.ts";
import { findTemplate } from "../../config/find-template.ts";
import { operatorPublicKeys } from "../../config/operator-keys.ts";
import type { AgentTemplate } from "../../config/schema.ts";
import type { Context } from "../../context.ts";
import { MachineError } from "../../errors.ts";
import { createAgentPlan, deleteAgentPlan } from "../../plan/agent.ts";
import { agentLine } from "../../plan/records.ts";
import { grantSteps } from "../../plan/workspace.ts";
import { dryRun } from "../../run/dry-run.ts";
import type { Executed } from "../../run/execute.ts";
import type { NewAgent } from "../../state/agents.ts";
import type { Machine } from "../../state/machines.ts";
import type { State } from "../../state/state.ts";
import type { Workspace } from "../../state/workspaces.ts";
import { chooseMachine } from "../choose.ts";
import { type Creation, create, meddled } from "../create.ts";
import { alongside, clearedFirst, sameNames } from "../plans.ts";
import { requireKey, requireReady, requireUnused, requireVacant } from "../ready.ts";
import { changeResult } from "../result.ts";
import { agentsIn, sayShared } from "../trust.ts";

/** What `agent create` was given. */
export interface AgentInput {
  readonly name: string;
  readonly vm?: string | undefined;
  readonly template?: string | undefined;
  readonly grantAllWorkspaces?: boolean | undefined;
}

/** Makes an agent, with its grants when it may work everywhere. */
export async function createAgent(input: AgentInput, context: Context): Promise<Result<unknown>> {
  requireUnused(context, "agent", input.name);
  const machine = await chooseMachine(context, input.vm);
  const template = findTemplate(context.config(), "agent", input.template);
  requireReady(machine);
  const { name } = input;
  const row: NewAgent = {
    name,
    machine: machine.name,
    linuxUser: `agt-${name}`,
    template: template.name,
    grantAll: input.grantAllWorkspaces === true,
  };
  const workspaces = row.grantAll ? readyWorkspaces(context.state(), machine.name) : [];
  const creation = agentCreation(context, row, machine, template, workspaces);
  if (context.flags.dryRun) return dryRun(machine.name, [creation.plan]);
  await requireKey(context);
  const executed = await create(context, creation);
  for (const workspace of workspaces) sayShared(context, workspace.name, agentsIn(context, workspace.name));
  const agent = context.state().agents.find(name);
  const own = { agent, workspaces: workspaces.map((workspace) => workspace.name) };
  return changeResult(executed, own, `Agent '${name}' is ready on '${machine.name}' (user: ${row.linuxUser}).`);
}

function agentCreation(
  context: Context,
  row: NewAgent,
  machine: Machine,
  template: AgentTemplate,
  workspaces: readonly Workspace[],
): Creation {
  const state = context.state();
  const { name, linuxUser } = row;
  const found = requireVacant(context, "agent", name, machine);
  const { id: installation } = state.installation.get();
  const agent: AgentSpec = {
    name,
    linuxUser,
    shell: template.shell,
    keys: operatorPublicKeys(context.config()),
    limits: limitsOf(template),
    installation,
    record: agentLine({ installation, ...row }),
  };
  const undo = deleteAgentPlan(agent, []);
  const plan = alongside(
    createAgentPlan(agent),
    workspaces.flatMap((workspace) => grantSteps(workspace, { linuxUser, agent: name })),
    workspaces.map((workspace) => `workspace-${workspace.name}`),
  );
  return {
    kind: "agent",
    name,
    machine,
    found,
    plan: found?.lifecycle === "deleting" ? clearedFirst(plan, undo) : plan,
    undo: () => undo,
    insert(now) {
      if (row.grantAll && !sameNames(readyWorkspaces(now, machine.name), workspaces))
        throw meddled({ kind: "agent", name });
      now.agents.insert(row);
      for (const workspace of workspaces) now.grants.add({ agent: name, workspace: workspace.name, session: null });
    },
    record: (now, executed) =>
      now.agents.update(name, { uid: uidOf(executed, machine.name, linuxUser), lifecycle: "ready" }),
  };
}

function readyWorkspaces(state: State, machine: string): readonly Workspace[] {
  return state.workspaces.list({ machines: [machine] }).filter(({ lifecycle }) => lifecycle === "ready");
}

function limitsOf({ memory, cpus, tasks }: AgentTemplate): Limits {
  return {
    ...(memory !== undefined && { memory }),
    ...(cpus !== undefined && { cpus }),
    ...(tasks !== undefined && { tasks }),
  };
}

/** The machine's word about the uid, checked. */
function uidOf(executed: Executed, machine: string, linuxUser: string): number {
  const report = (executed.report("agent/account", linuxUser) ?? "").trim();
  if (/^2\d{4}$/.test(report)) return Number(report);
  throw new MachineError(`'${machine}' reported no uid for ${linuxUser}.`, `agentworks vm logs ${machine}`);
}
