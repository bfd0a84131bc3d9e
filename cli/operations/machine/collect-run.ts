import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import type { Target } from "../../run/execute.ts";
import { collect } from "../../run/lease.ts";
import { ownerAlive } from "../../state/owner.ts";
import type { Run } from "../../state/runs.ts";
import { recordBrokenOff, recordInit } from "./init-status.ts";
import { forgetHostKeys } from "./trust.ts";

/** Learns how a run ended whose client is gone, and records what that means for its machine. */
export async function collectRun(context: Context, target: Target, run: Run): Promise<void> {
  const { machine } = target;
  const executed = await collect(context, target, run);
  if (run.thing === `init:${machine}`) {
    if (executed !== undefined) recordInit(context, machine, executed);
    else if (context.state().runs.find(run.id)?.state === "lost") recordBrokenOff(context, machine, "lost");
  }
  if (run.thing === `machine:${machine}` && executed?.outcome === "complete") {
    context.state().machines.removeWithContents(machine);
    forgetHostKeys(context, machine);
  }
}

/** The same for every run on the machine itself that was left; whether the machine is known after that. */
export async function collectLeft(context: Context, target: Target): Promise<boolean> {
  const { runs, machines } = context.state();
  const { machine } = target;
  for (const run of runs.open(machine)) {
    const own = run.thing === `init:${machine}` || run.thing === `machine:${machine}`;
    if (own && !ownerAlive(run)) await collectRun(context, target, run);
  }
  return machines.find(machine) !== null;
}

/** The error for a machine that a run which nobody watched has purged. */
export function purgedMeanwhile(machine: string): UserError {
  return new UserError(`'${machine}' was purged meanwhile, and is forgotten.`, "agentworks vm list");
}
