import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { watch } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { ownerAlive } from "../../state/owner.ts";
import { collectRun } from "./collect-run.ts";
import { wayIn } from "./reach.ts";

/** Follows the runs that are open on a machine, one after the other. The end of one whose client lives is that client's to record. */
export async function followRuns(context: Context, machine: Machine): Promise<void> {
  const open = context.state().runs.open(machine.name);
  if (open.length === 0)
    throw new UserError(`Nothing goes on on '${machine.name}'.`, `agentworks vm logs ${machine.name}`);
  const target = { machine: machine.name, transport: wayIn(context, machine) };
  for (const run of open) {
    if (ownerAlive(run)) await watch(context, target, run, { id: run.id, wait: true }, { line: () => {} }, "follow");
    else await collectRun(context, target, run);
  }
}
