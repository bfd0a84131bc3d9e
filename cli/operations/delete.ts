import type { Plan } from "../../steps/step.ts";
import type { Context } from "../context.ts";
import { Cancelled } from "../errors.ts";
import { type Executed, execute, failure } from "../run/execute.ts";
import type { Machine } from "../state/machines.ts";
import type { State } from "../state/state.ts";
import { isDone, meddled } from "./create.ts";
import { type Kind, livesOf } from "./lifecycle.ts";
import { adminTarget } from "./machine/wake.ts";

/** A thing that is to leave a machine: decided, checked and confirmed. */
export interface Deletion {
  readonly kind: Kind;
  readonly name: string;
  readonly machine: Machine;
  readonly plan: Plan;
  /** Whether it still holds what the operator was told. Asked when the lease is taken. */
  holds(state: State): boolean;
  /** It held others: deleting it took --force, and so does the next try. */
  readonly forced: boolean;
  /** Removes the rows. */
  remove(state: State): void;
}

/** Deletes a thing by one run. Its row goes when the machine has proved that it is gone; otherwise it stays and says so. */
export async function deleteThing(context: Context, deletion: Deletion): Promise<Executed> {
  const { kind, name, machine, plan } = deletion;
  const state = context.state();
  const lives = livesOf(state, kind);
  const again = `agentworks ${plan.operation}${deletion.forced ? " --force" : ""}`;
  let begun: { readonly run: string; readonly before: "creating" | "ready" | "deleting" } | undefined;
  const claim = (run: string): void => {
    const found = lives.find(name);
    if (found === null || !deletion.holds(state)) throw meddled(deletion);
    lives.set(name, "deleting");
    begun = { run, before: found.lifecycle };
  };
  const target = adminTarget(context, machine, "tell");
  try {
    const executed = await execute(context, target, { plan, thing: `${kind}:${name}`, claim });
    if (executed.outcome === "interrupted") {
      throw new Cancelled(`Stopped. What is removed is removed; finish it: ${again}`);
    }
    if (!isDone(executed)) throw failure(executed, `${kind} '${name}' was not deleted`, again);
    state.transaction(() => deletion.remove(state));
    return executed;
  } catch (error) {
    const run = begun === undefined ? null : state.runs.find(begun.run);
    // The machine never heard of it.
    if (begun !== undefined && run?.state !== "open" && run?.bootId === null) lives.set(name, begun.before);
    throw error;
  }
}

/** Asks whether a thing is to go, naming all that goes with it. */
export async function confirmed(
  context: Context,
  what: string,
  held: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  const listed = Object.entries(held).flatMap(([kind, names]) =>
    names.length === 0 ? [] : [`${kind} ${names.join(", ")}`],
  );
  const question = listed.length === 0 ? `${what}?` : `${what}, with ${listed.join(", with ")}?`;
  if (!(await context.prompts.confirm(question))) throw new Cancelled("Nothing was deleted.");
}
