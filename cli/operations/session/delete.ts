import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { deleteSessionPlan } from "../../plan/session.ts";
import { dryRun } from "../../run/dry-run.ts";
import { machineNamed, sessionNamed, workspaceNamed } from "../choose.ts";
import { confirmed, deleteThing } from "../delete.ts";
import { changeResult } from "../result.ts";
import { placeOf, takesAccess } from "./place.ts";

/** Deletes a session, and the access to its workspace that it alone gave. */
export async function deleteSession({ name }: { readonly name: string }, context: Context): Promise<Result<unknown>> {
  const state = context.state();
  const session = sessionNamed(context, name);
  const machine = machineNamed(context, session.machine);
  const { id: installation } = state.installation.get();
  const taking = takesAccess(state, session);
  const place = placeOf(session, workspaceNamed(context, session.workspace), taking);
  const plan = deleteSessionPlan({ name, installation }, place);
  if (context.flags.dryRun) return dryRun(machine.name, [plan]);
  const revoked = taking && session.agent !== null ? [session.agent] : [];
  await confirmed(context, `Delete session '${name}' and all that runs in it`, {
    [`access to workspace ${session.workspace} of`]: revoked,
  });
  const executed = await deleteThing(context, {
    kind: "session",
    name,
    machine,
    plan,
    forced: false,
    holds: (now) => takesAccess(now, session) === taking,
    remove: (now) => now.sessions.remove(name),
  });
  const own = { name, machine: machine.name, revoked: revoked.length > 0 };
  return changeResult(executed, own, `Session '${name}' is deleted.`);
}
