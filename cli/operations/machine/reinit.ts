import type { Context } from "../../context.ts";
import { Cancelled } from "../../errors.ts";
import type { Executed } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { initialise, machinePlan } from "./init.ts";
import { sshSettings } from "./reach.ts";
import { pinHostKeys, trustedHostKey } from "./trust.ts";
import { adminTarget, requireAwake, unfinished } from "./wake.ts";

/** Initialises a machine again. An interrupted one stays as it is: what was done is done, and the command goes on from there. */
export async function reinitMachine(
  context: Context,
  machine: Machine,
  hostKey: string | undefined,
): Promise<Executed> {
  const { name } = machine;
  if (machine.provisioning !== "complete") throw unfinished(machine);
  await requireAwake(context, machine);
  if (hostKey !== undefined) {
    const key = await trustedHostKey(context, name, sshSettings(context, machine, machine.adminUser), {
      given: hostKey,
      pinned: machine.hostKeys,
    });
    pinHostKeys(context, name, [key.line]);
  }
  const target = adminTarget(context, machine, "start");
  const executed = await initialise(context, target, await machinePlan(context, machine, `vm reinit ${name}`));
  if (executed.outcome !== "interrupted") return executed;
  throw new Cancelled(`Stopped. What was done on '${name}' stays; go on with: agentworks vm reinit ${name}`);
}
