import type { Context } from "../context.ts";
import { Cancelled, MachineError } from "../errors.ts";
import { LeaseHeld, type NewRun, platformThing, type Run } from "../state/runs.ts";
import { openLog } from "../workstation/logs.ts";
import { conclude, type Executed, type Target, watch } from "./execute.ts";

/** How a lease is taken. */
interface Leasing {
  /** Nothing else may be going on on the machine. */
  readonly alone?: boolean;
  /** Part of taking the lease: what it throws gives the lease back. */
  readonly claim?: ((id: string) => void) | undefined;
  /** Learns what became of a dead process's run on the machine, so that it is open no more. */
  readonly settle: (dead: Run) => Promise<unknown>;
}

/**
 * Begins a run in the state. A live process's lease on the same thing is waited for; a dead one's run is settled first: it may
 * still be going on on the machine, or have ended unseen.
 */
export async function lease(context: Context, run: NewRun, { alone, claim, settle }: Leasing): Promise<void> {
  const { runs, transaction } = context.state();
  let said = false;
  for (;;) {
    try {
      transaction(() => {
        if (alone === true) runs.beginAlone(run);
        else runs.begin(run);
        claim?.(run.id);
      });
      return;
    } catch (error) {
      if (!(error instanceof LeaseHeld) || (error.alive && context.flags.noWait)) throw error;
      if (!error.alive) {
        if (isOnPlatform(error.run)) closeDead(context, error.run);
        else await settle(error.run);
        continue;
      }
      if (!said) context.screen.err(`waiting for ${error.run.operation} (pid ${error.run.pid})`);
      said = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (context.interrupts.requested.aborted) throw new Cancelled();
    }
  }
}

/** Whether a run is its machine's platform in hand: nothing of it outlives its process. */
export function isOnPlatform({ thing, machine }: Pick<Run, "thing" | "machine">): boolean {
  return thing === platformThing(machine);
}

/** Work on a platform ended with the process that did it; whoever comes next goes on with what it left. */
export function closeDead(context: Context, run: Run): void {
  const { runs } = context.state();
  if (runs.takeOver(run.id) === null) return;
  runs.finish(run.id, "lost");
  context.screen.err(`${run.operation} (started ${run.startedAt}) ended without a word.`);
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
    const watching = (way: Target) => watch(context, way, run, request, log, "follow");
    let { end, folded } = await watching(target);
    if (end.kind === "unreachable" && target.wake !== undefined) {
      const transport = await target.wake();
      if (transport !== undefined) ({ end, folded } = await watching({ ...target, transport }));
    }
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
