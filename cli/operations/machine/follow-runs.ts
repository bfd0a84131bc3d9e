import { readFileSync } from "node:fs";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import { watch } from "../../run/execute.ts";
import { closeDead, isOnPlatform } from "../../run/lease.ts";
import type { Machine } from "../../state/machines.ts";
import { ownerAlive } from "../../state/owner.ts";
import type { Run } from "../../state/runs.ts";
import { collectRun } from "./collect-run.ts";
import { wayIn } from "./reach.ts";

/** Follows the runs that are open on a machine, one after the other. The end of one whose client lives is that client's to record. */
export async function followRuns(context: Context, machine: Machine): Promise<void> {
  const { runs, machines } = context.state();
  const followed = new Set<string>();
  const next = () => runs.open(machine.name).find(({ id }) => !followed.has(id));
  const first = next();
  if (first === undefined)
    throw new UserError(`Nothing goes on on '${machine.name}'.`, `agentworks vm logs ${machine.name}`);
  for (let run: Run | undefined = first; run !== undefined; run = next()) {
    followed.add(run.id);
    const now = machines.find(machine.name);
    if (now === null) return;
    if (isOnPlatform(run)) await followOnPlatform(context, run, next);
    else await followOnMachine(context, now, run);
  }
}

async function followOnMachine(context: Context, machine: Machine, run: Run): Promise<void> {
  const target = { machine: machine.name, transport: wayIn(context, machine) };
  if (ownerAlive(run)) await watch(context, target, run, { id: run.id, wait: true }, { line: () => {} }, "follow");
  else await collectRun(context, target, run);
}

/** Shows what is written about work on a platform, until it ends or a run on the machine begins. */
async function followOnPlatform(context: Context, run: Run, next: () => Run | undefined): Promise<void> {
  const { runs } = context.state();
  let shown = 0;
  for (;;) {
    const open = runs.find(run.id)?.state === "open";
    const lines = run.logPath === null ? [] : readFileSync(run.logPath, "utf8").split("\n").slice(0, -1);
    for (const line of lines.slice(shown)) context.screen.err(line);
    shown = lines.length;
    if (open && !ownerAlive(run)) return closeDead(context, run);
    if (!open || next() !== undefined) return;
    await Bun.sleep(200);
    if (context.interrupts.requested.aborted) throw new Cancelled();
  }
}
