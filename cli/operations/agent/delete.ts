import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { deleteAgentPlan } from "../../plan/agent.ts";
import { dryRun } from "../../run/dry-run.ts";
import { agentNamed, machineNamed } from "../choose.ts";
import { confirmed, deleteThing } from "../delete.ts";
import { sameNames } from "../plans.ts";
import { changeResult } from "../result.ts";

/** Deletes an agent with its home, its processes, its sessions and its grants. */
export async function deleteAgent(
  { name, force }: { readonly name: string; readonly force?: boolean | undefined },
  context: Context,
): Promise<Result<unknown>> {
  const state = context.state();
  const agent = agentNamed(context, name);
  const machine = machineNamed(context, agent.machine);
  const sessions = state.sessions.list({ agents: [name] });
  const names = sessions.map((session) => session.name);
  if (sessions.length > 0 && force !== true) {
    throw new UserError(
      `Agent '${name}' has sessions: ${names.join(", ")}.`,
      `agentworks agent delete ${name} --force`,
    );
  }
  const { id: installation } = state.installation.get();
  const plan = deleteAgentPlan({ ...agent, installation }, names);
  if (context.flags.dryRun) return dryRun(machine.name, [plan]);
  await confirmed(context, `Delete agent '${name}' with its home and processes`, { sessions: names });
  const executed = await deleteThing(context, {
    kind: "agent",
    name,
    machine,
    plan,
    forced: sessions.length > 0,
    holds: (now) => sameNames(now.sessions.list({ agents: [name] }), sessions),
    remove(now) {
      for (const session of now.sessions.list({ agents: [name] })) now.sessions.remove(session.name);
      now.agents.remove(name);
    },
  });
  return changeResult(executed, { name, machine: machine.name, sessions: names }, `Agent '${name}' is deleted.`);
}
