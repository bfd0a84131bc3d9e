import type { Context } from "../context.ts";
import { Cancelled, MachineError } from "../errors.ts";
import { LeaseHeld, type NewRun, type Run } from "../state/runs.ts";
import { openLog } from "../workstation/logs.ts";
import { conclude, type Executed, type Target, watch } from "./execute.ts";

/**
 * Begins a run in the state. A live process's lease on the same thing is waited for; a dead one's run is followed to its end
 * on the machine first: it may still be going on there, or have ended unseen. `claim` is part of taking the lease.
 */
export async function lease(
  context: Context,
  target: Target,
  run: NewRun,
  claim?: (id: string) => void,
): Promise<void> {
  const { runs, transaction } = context.state();
  let said = false;
  for (;;) {
    try {
      transaction(() => {
        runs.begin(run);
        claim?.(run.id);
      });
      return;
    } catch (error) {
      if (!(error instanceof LeaseHeld) || (error.alive && context.flags.noWait)) throw error;
      if (!error.alive) {
        await collect(context, target, error.run);
        continue;
      }
      if (!said) context.screen.err(`waiting for ${error.run.operation} (pid ${error.run.pid})`);
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (context.interrupts.requested.aborted) throw new Cancelled();
    }
  }
}

/** Learns the end of a run whose client ended without a word, and records it; undefined when it has none. */
export async function collect(context: Context, target: Target, run: Run): Promise<Executed | undefined> {
  if (context.state().runs.takeOver(run.id) === null) return undefined;
  context.screen.err(
    `${run.operation} was left on its own (started ${run.startedAt}): asking '${run.machine}' how it ended`,
  );
  const { logs: directory } = context.home;
  const operation = run.operation.split(" ").slice(0, 2).join(" ");
  const log = openLog({ directory, machine: run.machine, operation, now: context.now, redact: (text) => text });
  try {
    const request = { id: run.id, wait: true, ...(target.sudoPassword && { sudoPassword: target.sudoPassword }) };
    const { end, folded } = await watch(context, target, run, request, log, "follow");
    if (end.kind === "lost" || end.kind === "vanished") {
      context.state().runs.finish(run.id, "lost");
      context.screen.err(`${run.operation} did not end: '${run.machine}' was restarted, or never got it`);
      return undefined;
    }
    if (end.kind === "unreachable") {
      throw new MachineError(`${end.message}; how ${run.operation} ended is not known.`, end.next);
    }
    const executed = conclude(context, target, run, end, folded, log.path);
    context.screen.err(`${run.operation} ended: ${executed.outcome}`);
    return executed;
  } finally {
    log.close();
  }
}
