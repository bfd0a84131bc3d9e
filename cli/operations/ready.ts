import { usableKey } from "../../providers/ssh/identity.ts";
import { operatorPublicKeys } from "../config/operator-keys.ts";
import type { Context } from "../context.ts";
import { UsageError, UserError } from "../errors.ts";
import type { Machine } from "../state/machines.ts";
import { ownerAlive } from "../state/owner.ts";
import { LeaseHeld } from "../state/runs.ts";
import { type Kind, type Life, livesOf } from "./lifecycle.ts";
import { unfinished } from "./machine/wake.ts";

/** Refuses a machine on which nothing can be made yet. */
export function requireReady(machine: Machine): void {
  const { name, init, provisioning, adopted } = machine;
  if (!adopted && provisioning !== "complete") throw unfinished(machine);
  if (init === "complete" || init === "partial") return;
  throw new UserError(`'${name}' is not initialized (init: ${init}).`, `agentworks vm reinit ${name}`);
}

/** Finds out before anything is made whether the operator's key will open a login. */
export async function requireKey(context: Context): Promise<void> {
  const config = context.config();
  const [publicKey = ""] = operatorPublicKeys(config);
  const usable = await usableKey(config.operator.sshPrivateKey, publicKey, context.env);
  if (!usable.ok) throw new UsageError(usable.message, usable.next);
}

/** Refuses a name that is taken: before anything is asked, whatever the machine. */
export function requireUnused(context: Context, kind: Kind, name: string): void {
  const found = livesOf(context.state(), kind).find(name);
  if (found?.lifecycle !== "ready") return;
  throw new UserError(
    `${capital(kind)} '${name}' exists already, on '${found.machine}'.`,
    `agentworks ${kind} describe ${name}`,
  );
}

/**
 * What an attempt that did not end has left of a name, null when there is nothing. Refuses a name that is taken, or that
 * somebody works on.
 */
export function requireVacant(context: Context, kind: Kind, name: string, machine: Machine): Life | null {
  requireUnused(context, kind, name);
  const state = context.state();
  const found = livesOf(state, kind).find(name);
  if (found === null) return null;
  const run = state.runs.open(found.machine).find(({ thing }) => thing === `${kind}:${name}`);
  if (run !== undefined && ownerAlive(run)) throw new LeaseHeld(run, true);
  if (found.machine === machine.name) return found;
  throw new UserError(
    `${capital(kind)} '${name}' is half made, on '${found.machine}'.`,
    `agentworks ${kind} delete ${name}`,
  );
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
