import type { Channel, Transport } from "../../providers/transport.ts";
import { type Folded, fold, reportOf, type StepOutcome } from "../../steps/events.ts";
import { render } from "../../steps/render.ts";
import { redactor, type Secret } from "../../steps/secret.ts";
import type { Plan, RunOutcome, StepResult } from "../../steps/step.ts";
import type { Context } from "../context.ts";
import { Cancelled, MachineError, UserError } from "../errors.ts";
import type { Run } from "../state/runs.ts";
import { liveView } from "../ui/live.ts";
import { openLog } from "../workstation/logs.ts";
import { type FollowEnd, follow, type Request } from "./follow.ts";
import { collect, lease } from "./lease.ts";
import { listen } from "./listen.ts";

/** Which machine, and how it is reached. */
export interface Target {
  readonly machine: string;
  readonly transport: Transport;
  readonly sudoPassword?: Secret;
  /** A connection that is open already. */
  readonly channel?: Channel;
  /**
   * Called once when the machine lets nobody in and nothing was sent. Returns the way in for another try when it was off and was
   * started; throws when it knows better why nobody is let in.
   */
  readonly wake?: () => Promise<Transport | undefined>;
}

/** One change to one thing. */
export interface Work {
  readonly plan: Plan;
  /** The lease: `agent:claude`, `init:dev`. */
  readonly thing: string;
  /** Called with the run's id in the transaction that takes the lease: what it throws gives the lease back. */
  readonly claim?: (id: string) => void;
  /** An undo runs to its end although the operator asked to stop: only leaving at once ends it. */
  readonly undo?: boolean;
}

/** What a run came to. */
export interface Executed {
  readonly id: string;
  readonly outcome: RunOutcome;
  readonly steps: readonly StepOutcome[];
  readonly logPath: string;
  /** What a step reported; it is checked by whoever asked. */
  report(step: string, subject?: string): string | undefined;
}

/** How long logins that brought no byte, and lost connections, are tried again. */
const PATIENCE = { loginMs: 20_000, reconnectMs: 300_000 };

/**
 * Runs a plan on a machine and records it as it happens. Returns however the run ended on the machine; throws when it could not
 * be started (MachineError, LeaseHeld), when its end is unknown, or when the operator left at once (Cancelled).
 */
export async function execute(context: Context, target: Target, work: Work): Promise<Executed> {
  const script = render(work.plan, "apply");
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const { operation } = work.plan;
  const log = openLog({
    directory: context.home.logs,
    machine: target.machine,
    operation: operation.split(" ").slice(0, 2).join(" "),
    now: context.now,
    redact: redactor([...script.secrets, ...(target.sudoPassword === undefined ? [] : [target.sudoPassword])]),
  });
  const run = {
    id,
    machine: target.machine,
    operation,
    thing: work.thing,
    scriptSha256: script.sha256,
    logPath: log.path,
  };
  try {
    await lease(context, run, { claim: work.claim, settle: (dead) => collect(context, target, dead) });
    const { sudoPassword, channel } = target;
    const request = {
      id,
      script,
      wait: !context.flags.noWait,
      ...(sudoPassword && { sudoPassword }),
      ...(channel && { channel }),
    };
    const watching = work.undo === true ? "undo" : "work";
    const { end, folded } = await awake(context, target, id, (way) => watch(context, way, run, request, log, watching));
    return conclude(context, target, run, end, folded, log.path);
  } finally {
    log.close();
  }
}

type Watched = Awaited<ReturnType<typeof watch>>;

/** Follows a run on a machine that may have to be started first: a machine that runs pays nothing for it. */
async function awake(context: Context, target: Target, run: string, following: (way: Target) => Promise<Watched>) {
  const first = await following(target);
  if (target.wake === undefined || first.end.kind !== "unreachable" || first.end.sent) return first;
  try {
    const transport = await target.wake();
    return transport === undefined ? first : await following({ ...target, transport });
  } catch (error) {
    context.state().runs.finish(run, "failed");
    throw error;
  }
}

/**
 * What the operator's Ctrl-C means for a run: the first stops our `work` after the step it is in; an `undo` is only left by the
 * second; a run that we only `follow` is left at once, and goes on.
 */
export type Watching = "work" | "undo" | "follow";

/** Follows a run with the live view, from its beginning; what it tells is recorded. */
export async function watch(
  context: Context,
  target: Target,
  run: Pick<Run, "id" | "operation">,
  request: Request,
  log: { line(text: string): void },
  watching: Watching,
): Promise<{ end: FollowEnd; folded: Folded }> {
  const view = liveView(context.screen, run.operation, context.now);
  const listener = listen(context.state(), run.id, view, log);
  const { requested, abandoned } = context.interrupts;
  const cancel = watching === "work" ? requested : new AbortController().signal;
  const abandon = watching === "follow" ? requested : abandoned;
  const said = () => listener.note("Cancelling: stopping after this step …");
  cancel.addEventListener("abort", said);
  const end = await follow(target.transport, request, listener, { cancel, abandon, ...PATIENCE });
  cancel.removeEventListener("abort", said);
  listener.settle();
  const folded = fold(listener.events);
  if (folded.outcome !== undefined && folded.outcome !== "busy") view.finish(folded.outcome, counts(folded.steps));
  else view.close();
  return { end, folded };
}

/** Writes the run's end into the state, or says why it has none. */
export function conclude(
  context: Context,
  target: Target,
  run: Pick<Run, "id" | "operation">,
  end: FollowEnd,
  folded: Folded,
  logPath: string,
): Executed {
  const { runs } = context.state();
  const { machine, transport } = target;
  const finish = (outcome: RunOutcome): Executed => {
    runs.finish(run.id, outcome);
    const report = (step: string, subject = "") => reportOf(folded, step, subject);
    return { id: run.id, outcome, steps: folded.steps, logPath, report };
  };
  switch (end.kind) {
    case "ended":
      if (folded.outcome !== "busy") return finish(folded.outcome ?? "failed");
      runs.finish(run.id, "failed");
      throw new UserError(
        `'${machine}' is being changed by another command, and --no-wait was given.`,
        `agentworks vm describe ${machine}`,
      );
    case "cancelled":
      return finish("interrupted");
    case "lost":
      runs.finish(run.id, "lost");
      throw new MachineError(
        `'${machine}' was restarted during ${run.operation}; what was done by then is kept.`,
        `agentworks ${run.operation}`,
      );
    case "vanished":
      runs.finish(run.id, "lost");
      throw new MachineError(
        `${run.operation} was killed on '${machine}' (log: ${logPath}).`,
        `agentworks ${run.operation}`,
      );
    case "refused":
      runs.finish(run.id, "failed");
      throw new MachineError(`${transport.label}: ${end.message}.`, `agentworks vm describe ${machine}`);
    case "unreachable":
      if (!end.sent) runs.finish(run.id, "failed");
      throw new MachineError(
        end.sent ? `The connection to '${machine}' is lost; ${run.operation} goes on there.` : end.message,
        end.sent ? `agentworks vm describe ${machine}` : end.next,
      );
    case "abandoned":
      throw new Cancelled(
        `Left. ${run.operation} may go on on '${machine}'.\nFollow it: agentworks vm logs ${machine} --follow\nThen run it again: agentworks ${run.operation}`,
      );
  }
}

/** The error of a run that did not do what it was for; the live view has shown the step's last lines. */
export function failure(executed: Executed, what: string, next: string): MachineError {
  const failed = executed.steps.find((step) => step.result === "failed");
  const why = failed === undefined ? `the run ended as ${executed.outcome}` : `step '${failed.name}' failed`;
  return new MachineError(`${what}: ${why} (log: ${executed.logPath}).`, next);
}

function counts(steps: readonly StepOutcome[]): Record<StepResult, number> {
  const count = { unchanged: 0, changed: 0, failed: 0, skipped: 0 };
  for (const step of steps) count[step.result]++;
  return count;
}
