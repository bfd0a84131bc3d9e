import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import { stopSessionPlan } from "../../plan/session.ts";
import { dryRun } from "../../run/dry-run.ts";
import { execute, failure } from "../../run/execute.ts";
import { machineNamed, sessionNamed } from "../choose.ts";
import { adminTarget } from "../machine/wake.ts";
import { changeResult } from "../result.ts";

/** Stops a session. Its row stays: it can be started again, and its history be read. */
export async function stopSession({ name }: { readonly name: string }, context: Context): Promise<Result<unknown>> {
  const session = sessionNamed(context, name);
  const machine = machineNamed(context, session.machine);
  if (session.lifecycle !== "ready") {
    throw new UserError(`Session '${name}' is not ready (${session.lifecycle}).`, `agentworks session delete ${name}`);
  }
  const plan = stopSessionPlan(session);
  if (context.flags.dryRun) return dryRun(machine.name, [plan]);
  const target = adminTarget(context, machine, "tell");
  const executed = await execute(context, target, { plan, thing: `session:${name}` });
  const again = `agentworks session stop ${name}`;
  if (executed.outcome === "interrupted") throw new Cancelled(`Not stopped. Stop it: ${again}`);
  if (executed.outcome !== "complete") throw failure(executed, `session '${name}' was not stopped`, again);
  const running = executed.steps.some(({ result }) => result === "changed");
  const own = { name, machine: machine.name, status: "stopped", wasRunning: running };
  return changeResult(
    executed,
    own,
    running ? `Session '${name}' is stopped.` : `Session '${name}' was stopped already.`,
  );
}
