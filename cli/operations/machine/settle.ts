import type { Context } from "../../context.ts";
import { MachineError, type UserError } from "../../errors.ts";
import type { Executed } from "../../run/execute.ts";
import { read } from "../../run/read.ts";
import type { Machine } from "../../state/machines.ts";
import { machineNamed } from "../choose.ts";
import { adminTransport } from "./reach.ts";
import { notReady } from "./result.ts";

/** What creating a machine came to. One that is not ready is kept as it is. */
export type Created =
  | { readonly kind: "ready"; readonly machine: Machine; readonly executed: Executed }
  | {
      readonly kind: "failed";
      readonly failure: UserError;
      /** What `remove` does, in words. */
      readonly removal: string;
      /** Takes back what was made. */
      remove(): Promise<void>;
    };

/**
 * After the first run: the machine is complete when its admin can log in. `failed` has been recorded; `cancelled` is for the
 * caller to undo.
 */
export async function settle(
  context: Context,
  name: string,
  executed: Executed,
): Promise<{ readonly kind: "ready" | "cancelled" } | { readonly kind: "failed"; readonly failure: UserError }> {
  const { machines, machineEvents } = context.state();
  const cancelled = () => executed.outcome === "interrupted" || context.interrupts.requested.aborted;
  if (cancelled()) return { kind: "cancelled" };
  if (executed.outcome === "failed") {
    machines.update(name, { provisioning: "failed" });
    machineEvents.add(name, "provisioning_failed", executed.steps.find((step) => step.result === "failed")?.name);
    return { kind: "failed", failure: notReady(machineNamed(context, name), executed) };
  }
  await proveWayIn(context, name);
  if (cancelled()) return { kind: "cancelled" };
  machines.update(name, { provisioning: "complete" });
  machineEvents.add(name, "provisioning_complete");
  return { kind: "ready" };
}

/** One login as the admin: what we made lets us in, and sudo asks nothing. */
async function proveWayIn(context: Context, name: string): Promise<void> {
  const options = { limitMs: 30_000, cancel: context.interrupts.requested };
  const answer = await read(adminTransport(context, machineNamed(context, name)), "exit 0\n", options);
  if (answer.kind === "answer" || context.interrupts.requested.aborted) return;
  context.state().machines.update(name, { provisioning: "failed" });
  throw new MachineError(
    `'${name}' is set up, but its admin cannot log in: ${answer.message}`,
    `agentworks vm create ${name}`,
  );
}
