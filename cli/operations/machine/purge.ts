import type { Destination } from "../../../providers/ssh/options.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { purgePlan } from "../../plan/machine.ts";
import { execute, failure, type Target } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { firstContact } from "./contact.ts";
import { machineSpec } from "./init.ts";
import { ownerSettings } from "./reach.ts";
import { forgetHostKeys } from "./trust.ts";

/** Removes all that is ours from an adopted machine, puts back what its owner had, and forgets it. `undo`: of a create. */
export async function purge(context: Context, target: Target, undo: boolean): Promise<void> {
  const { machines, runs } = context.state();
  const { machine: name } = target;
  const machine = machines.find(name);
  if (machine === null) return;
  const plan = purgePlan(machineSpec(context, machine), { operation: purging(name) });
  let begun: string | undefined;
  const claim = (run: string) => {
    begun = run;
    // Half purged is not set up: from here on the owner's way in is the one that holds.
    machines.update(name, { provisioning: "failed", init: "failed" });
  };
  const executed = await execute(context, target, { plan, thing: `machine:${name}`, undo, claim }).catch(
    (error: unknown) => {
      const run = begun === undefined ? null : runs.find(begun);
      const { provisioning, init } = machine;
      if (run !== null && run.state !== "open" && run.bootId === null) machines.update(name, { provisioning, init });
      throw error;
    },
  );
  if (executed.outcome !== "complete") {
    throw failure(
      executed,
      `'${name}' is not purged; what is left is ours still`,
      `agentworks ${purging(name)} --force`,
    );
  }
  machines.removeWithContents(name);
  forgetHostKeys(context, name);
}

/** The command, for logs and for what is told of the run. */
export function purging(name: string): string {
  return `vm delete ${name} --purge`;
}

/** As whom a machine is purged: by the login that its owner gave, for our admin goes with the rest. */
export async function ownerTarget(context: Context, machine: Machine, host: Destination | undefined): Promise<Target> {
  const settings = ownerSettings(context, machine);
  const destination = host ?? settings.destination;
  if (destination.user === machine.adminUser) {
    throw new UserError(
      `'${machine.name}' was adopted through its admin ${machine.adminUser}, which the purge removes.`,
      `agentworks ${purging(machine.name)} --host USER@HOST, with a user who is root or has sudo`,
    );
  }
  const { conversation, transport, sudoPassword } = await firstContact(context, machine.name, {
    ...settings,
    destination,
  });
  conversation.release();
  return { machine: machine.name, transport, channel: conversation.channel, ...(sudoPassword && { sudoPassword }) };
}
