import type { Session as SessionSpec } from "../../../steps/session/index.ts";
import { parseStarted, type Started } from "../../../steps/session/started.ts";
import type { Result } from "../../command.ts";
import { findTemplate } from "../../config/find-template.ts";
import type { Context } from "../../context.ts";
import { EXIT, MachineError, UserError } from "../../errors.ts";
import { sessionLine } from "../../plan/records.ts";
import { createSessionPlan, deleteSessionPlan } from "../../plan/session.ts";
import { dryRun } from "../../run/dry-run.ts";
import type { Executed } from "../../run/execute.ts";
import type { Agent } from "../../state/agents.ts";
import type { Machine } from "../../state/machines.ts";
import type { NewSession } from "../../state/sessions.ts";
import type { Workspace } from "../../state/workspaces.ts";
import { agentNamed, chooseWorkspace, machineNamed } from "../choose.ts";
import { type Creation, create, meddled } from "../create.ts";
import { clearedFirst } from "../plans.ts";
import { requireKey, requireReady, requireUnused, requireVacant } from "../ready.ts";
import { changeResult } from "../result.ts";
import { agentsIn, sayShared } from "../trust.ts";
import { sessionCommand, sessionEnvironment } from "./command.ts";
import { bringsAccess, losesAccess, placeOf, takesAccess } from "./place.ts";

/** What `session create` was given. */
export interface SessionInput {
  readonly name: string;
  readonly workspace?: string | undefined;
  readonly agent?: string | undefined;
  readonly admin?: boolean | undefined;
  readonly template?: string | undefined;
  readonly command?: string | undefined;
}

/** A session that is to be made: its row, where, and all that its unit gets. */
interface Draft {
  readonly row: NewSession;
  readonly machine: Machine;
  readonly workspace: Workspace;
  readonly environment: Readonly<Record<string, string>>;
  readonly historyLimit: number;
}

/** Makes a session and starts it; its agent is granted the workspace in the same run. */
export async function createSession(input: SessionInput, context: Context): Promise<Result<unknown>> {
  const draft = await draftOf(context, input);
  const { row, machine, workspace } = draft;
  const creation = sessionCreation(context, draft);
  if (context.flags.dryRun) return dryRun(machine.name, [creation.plan]);
  await requireKey(context);
  const newGrant = row.agent !== null && bringsAccess(context.state(), row);
  const executed = await create(context, creation);
  if (newGrant) sayShared(context, workspace.name, agentsIn(context, workspace.name));
  return result(context, row.name, executed);
}

async function draftOf(context: Context, input: SessionInput): Promise<Draft> {
  requireUnused(context, "session", input.name);
  const config = context.config();
  const template = findTemplate(config, "session", input.template);
  const named = input.agent === undefined ? undefined : readyAgent(context, input.agent);
  const workspace = await chooseWorkspace(context, input.workspace);
  if (workspace.lifecycle !== "ready") {
    throw new UserError(
      `Workspace '${workspace.name}' is not ready (${workspace.lifecycle}).`,
      `agentworks workspace describe ${workspace.name}`,
    );
  }
  const machine = machineNamed(context, workspace.machine);
  requireReady(machine);
  requireVacant(context, "session", input.name, machine);
  const agent = input.admin === true ? null : (named ?? (await askWhom(context, machine)));
  if (agent !== null && agent.machine !== machine.name) {
    throw new UserError(
      `Agent '${agent.name}' is on '${agent.machine}', workspace '${workspace.name}' on '${machine.name}'.`,
      `agentworks agent list --vm ${machine.name}`,
    );
  }
  const names = { session: input.name, workspace: workspace.name };
  const row: NewSession = {
    name: input.name,
    machine: machine.name,
    workspace: workspace.name,
    agent: agent?.name ?? null,
    template: template.name,
    command: sessionCommand(input.command, template, names),
    linuxUser: agent?.linuxUser ?? machine.adminUser,
    createdWorkspace: false,
    createdAgent: false,
  };
  const environment = sessionEnvironment(config, machine, agent, template, names);
  return { row, machine, workspace, environment, historyLimit: config.sessionConfig.historyLimit };
}

function readyAgent(context: Context, name: string): Agent {
  const agent = agentNamed(context, name);
  if (agent.lifecycle === "ready") return agent;
  throw new UserError(`Agent '${name}' is not ready (${agent.lifecycle}).`, `agentworks agent describe ${name}`);
}

/** Never silently the admin, who may do everything on the machine. Null: the admin. */
async function askWhom(context: Context, machine: Machine): Promise<Agent | null> {
  const agents = context.state().agents.list({ machines: [machine.name] });
  const usable = agents.filter(({ lifecycle }) => lifecycle === "ready");
  const choices = [
    ...usable.map(({ name, template }) => ({ value: `agent ${name}`, label: `agent: ${name}`, hint: template })),
    { value: "admin", label: "admin", hint: `${machine.adminUser}, who may do everything there` },
  ];
  const chosen = await context.prompts.select("Run the session as?", choices, { flag: "--agent NAME or --admin" });
  return usable.find(({ name }) => chosen === `agent ${name}`) ?? null;
}

function sessionCreation(context: Context, draft: Draft): Creation {
  const { row, machine, workspace, environment, historyLimit } = draft;
  const state = context.state();
  const { name } = row;
  const { id: installation } = state.installation.get();
  const session: SessionSpec = {
    name,
    workspacePath: workspace.path,
    linuxUser: row.linuxUser,
    confined: row.agent !== null,
    command: row.command,
    environment,
    historyLimit,
    installation,
    record: sessionLine({ installation, ...row }),
  };
  const bringing = bringsAccess(state, row);
  const plan = createSessionPlan(session, placeOf(row, workspace, bringing));
  const undo = () => deleteSessionPlan(session, placeOf(row, workspace, takesAccess(state, row)));
  const left = state.sessions.find(name);
  const same =
    left === null ||
    (left.lifecycle === "creating" &&
      left.command === row.command &&
      left.linuxUser === row.linuxUser &&
      left.workspace === row.workspace);
  return {
    kind: "session",
    name,
    machine,
    found: requireVacant(context, "session", name, machine),
    plan: same ? plan : clearedFirst(plan, undo()),
    undo,
    insert(now) {
      const ready = now.workspaces.find(workspace.name)?.lifecycle === "ready";
      const willing = row.agent === null || now.agents.find(row.agent)?.lifecycle === "ready";
      const granted = bringsAccess(now, row) === bringing && !losesAccess(now, row);
      if (!ready || !willing || !granted) throw meddled({ kind: "session", name });
      now.sessions.insert(row);
      if (row.agent !== null) now.grants.add({ agent: row.agent, workspace: workspace.name, session: name });
    },
    record(now, executed) {
      startedOf(executed, machine.name, name);
      now.sessions.update(name, { lifecycle: "ready" });
    },
  };
}

/** The machine's word about how the session began, checked. */
function startedOf(executed: Executed, machine: string, session: string): Started {
  try {
    return parseStarted(executed.report("session/start", session) ?? "");
  } catch {
    throw new MachineError(
      `'${machine}' did not tell how session '${session}' began.`,
      `agentworks vm logs ${machine}`,
    );
  }
}

function result(context: Context, name: string, executed: Executed): Result<unknown> {
  const session = context.state().sessions.find(name);
  const started = startedOf(executed, session?.machine ?? "", name);
  const ended = started.status === "exited" ? started : null;
  const own = { session, status: started.status, exitCode: ended?.code ?? null, output: ended?.output ?? null };
  if (ended === null) {
    return changeResult(executed, own, `Session '${name}' runs.\nAttach to it: agentworks session attach ${name}`);
  }
  const { screen } = context;
  screen.err(`Error: session '${name}' ended at once: its command exited with ${ended.code}.`);
  if (ended.output !== "")
    screen.err(
      ended.output
        .split("\n")
        .map((line) => `  ${line}`)
        .join("\n"),
    );
  screen.err(`Next: agentworks session delete ${name}`);
  return { ...changeResult(executed, own, ""), exitCode: EXIT.failed };
}
