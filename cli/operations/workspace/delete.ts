import type { Plan } from "../../../steps/step.ts";
import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { deleteWorkspacePlan } from "../../plan/workspace.ts";
import { dryRun } from "../../run/dry-run.ts";
import type { State } from "../../state/state.ts";
import { machineNamed, workspaceNamed } from "../choose.ts";
import { confirmed, deleteThing } from "../delete.ts";
import { sameNames } from "../plans.ts";
import { changeResult } from "../result.ts";

/** Deletes a workspace with its files, the sessions in it, and every grant to it. */
export async function deleteWorkspace(
  { name, force }: { readonly name: string; readonly force?: boolean | undefined },
  context: Context,
): Promise<Result<unknown>> {
  const state = context.state();
  const workspace = workspaceNamed(context, name);
  const machine = machineNamed(context, workspace.machine);
  const { sessions, agents } = contents(state, name);
  const { id: installation } = state.installation.get();
  const plan: Plan = deleteWorkspacePlan(
    { ...workspace, installation },
    {
      sessions: sessions.map((session) => session.name),
      agents: agents.map((agent) => ({ linuxUser: agent.linuxUser, agent: agent.name })),
    },
  );
  if (sessions.length > 0 && force !== true) {
    const names = sessions.map((session) => session.name).join(", ");
    throw new UserError(`Workspace '${name}' holds sessions: ${names}.`, `agentworks workspace delete ${name} --force`);
  }
  if (context.flags.dryRun) return dryRun(machine.name, [plan]);
  const held = { sessions: sessions.map((session) => session.name), agents: agents.map((agent) => agent.name) };
  await confirmed(context, `Delete workspace '${name}' with all files in ${workspace.path}`, {
    sessions: held.sessions,
    "grants of": held.agents,
  });
  const executed = await deleteThing(context, {
    kind: "workspace",
    name,
    machine,
    plan,
    forced: sessions.length > 0,
    holds(now) {
      const found = contents(now, name);
      return sameNames(found.sessions, sessions) && sameNames(found.agents, agents);
    },
    remove(now) {
      for (const session of contents(now, name).sessions) now.sessions.remove(session.name);
      now.workspaces.remove(name);
    },
  });
  return changeResult(executed, { name, machine: machine.name, ...held }, `Workspace '${name}' is deleted.`);
}

function contents(state: State, name: string) {
  const granted = new Set(state.grants.list({ workspaces: [name] }).map(({ agent }) => agent));
  return {
    sessions: state.sessions.list({ workspaces: [name] }),
    agents: state.agents.list({ names: [...granted] }),
  };
}
