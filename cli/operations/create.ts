import type { Plan } from "../../steps/step.ts";
import type { Context } from "../context.ts";
import { Cancelled, MachineError, UserError } from "../errors.ts";
import { type Executed, execute, failure, type Target } from "../run/execute.ts";
import type { Machine } from "../state/machines.ts";
import type { State } from "../state/state.ts";
import { type Kind, type Life, livesOf } from "./lifecycle.ts";
import { adminTarget, requireAwake } from "./machine/wake.ts";

/** A thing that is to be made on a machine: decided and checked, nothing has happened yet. */
export interface Creation {
  readonly kind: Kind;
  readonly name: string;
  readonly machine: Machine;
  /** What an attempt that did not end has left in the state. */
  readonly found: Life | null;
  readonly plan: Plan;
  /** Removes all that the plan makes, and nothing that others need by now. */
  undo(): Plan;
  /** Writes the rows, and refuses when what the plan was made from has changed. Part of taking the lease. */
  insert(state: State): void;
  /** Writes down what the machine reported; the thing is ready then. */
  record(state: State, executed: Executed): void;
}

/**
 * Makes a thing: its row, one run, the record of it. What fails or is cancelled is undone by a run of its own. A client that is
 * killed leaves a row that says so, and the same command goes on from there.
 */
export async function create(context: Context, creation: Creation): Promise<Executed> {
  const { kind, name, machine, plan } = creation;
  const state = context.state();
  await requireAwake(context, machine);
  const target = adminTarget(context, machine, "start");
  let begun: { readonly run: string; readonly createdAt: string } | undefined;
  const claim = (run: string): void => {
    const lives = livesOf(state, kind);
    const found = lives.find(name);
    if (!sameLife(found, creation.found)) throw meddled(creation);
    if (found !== null) lives.remove(name);
    creation.insert(state);
    begun = { run, createdAt: lives.find(name)?.createdAt ?? "" };
  };
  let cause: Error;
  try {
    const executed = await execute(context, target, { plan, thing: `${kind}:${name}`, claim });
    const cancelled = executed.outcome === "interrupted" || context.interrupts.requested.aborted;
    if (isDone(executed) && !cancelled) {
      state.transaction(() => creation.record(state, executed));
      return executed;
    }
    cause = cancelled
      ? new Cancelled(`Cancelled: nothing of ${kind} '${name}' is left on '${machine.name}'.`)
      : failure(executed, `${kind} '${name}' was not created`, `agentworks vm logs ${machine.name}`);
  } catch (error) {
    if (begun === undefined || !(error instanceof Error)) throw error;
    if (error instanceof Cancelled) throw left(creation, error);
    const run = state.runs.find(begun.run);
    // Goes on there; its end is learned by the next command.
    if (run?.state === "open") throw error;
    const refused = run?.state === "failed" && !(error instanceof MachineError);
    // Nothing of it ran: it never reached the machine, or met a lock and was not to wait.
    if (run?.bootId === null || refused) {
      if (creation.found === null) forget(state, creation, begun.createdAt);
      throw error;
    }
    cause = error;
  }
  await rollBack(context, target, creation, begun?.createdAt ?? "", cause);
  throw cause;
}

async function rollBack(
  context: Context,
  target: Target,
  creation: Creation,
  createdAt: string,
  cause: Error,
): Promise<void> {
  const { kind, name } = creation;
  const state = context.state();
  const verb = cause instanceof Cancelled ? "Cancelling " : "";
  context.screen.err(`${verb}${kind} create '${name}' … rolling back.`);
  const claim = (): void => {
    const lives = livesOf(state, kind);
    if (lives.find(name)?.createdAt !== createdAt) throw new TakenOver();
    lives.set(name, "deleting");
  };
  try {
    const undone = await execute(context, target, {
      plan: creation.undo(),
      thing: `${kind}:${name}`,
      undo: true,
      claim,
    });
    if (!isDone(undone)) throw failure(undone, "the rollback failed too", "");
    forget(state, creation, createdAt);
  } catch (error) {
    // Another command has the thing in hand now: it is not ours to remove any more.
    if (error instanceof TakenOver) return;
    if (error instanceof Cancelled) throw left(creation, error);
    throw notUndone(creation, cause, error);
  }
}

/** Whether all that a run is for was done: `partial` lacks only what is not fatal. */
export function isDone({ outcome }: Executed): boolean {
  return outcome === "complete" || outcome === "partial";
}

class TakenOver extends Error {}

function forget(state: State, { kind, name }: Creation, createdAt: string): void {
  state.transaction(() => {
    const lives = livesOf(state, kind);
    if (lives.find(name)?.createdAt === createdAt) lives.remove(name);
  });
}

function sameLife(one: Life | null, other: Life | null): boolean {
  return one?.lifecycle === other?.lifecycle && one?.createdAt === other?.createdAt;
}

/** The error for a state that another command changed between our looking and our lease. */
export function meddled({ kind, name }: { readonly kind: Kind | "vm"; readonly name: string }): UserError {
  return new UserError(
    `Another command changed ${kind} '${name}', or what it depends on, meanwhile.`,
    `agentworks ${kind} list, then run the command again`,
  );
}

function removal({ kind, name }: Creation): string {
  return `agentworks ${kind} delete ${name}${kind === "session" ? "" : " --force"}`;
}

function left(creation: Creation, error: Cancelled): Cancelled {
  return new Cancelled(`${error.message}\nOr remove what there is: ${removal(creation)}`);
}

function notUndone(creation: Creation, cause: Error, error: unknown): MachineError {
  const { kind, name, machine } = creation;
  const why = error instanceof Error ? error.message : String(error);
  const first = cause instanceof Cancelled ? "Cancelled." : cause.message;
  return new MachineError(
    `${first}\nRolling back did not end well: ${why}\nWhat there is of ${kind} '${name}' is still on '${machine.name}'.`,
    removal(creation),
  );
}
