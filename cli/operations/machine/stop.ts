import type { Context } from "../../context.ts";
import { Cancelled } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { type Act, onPlatform } from "./on-platform.ts";
import { asleep, onItsPlatform } from "./wake.ts";

/** Stops a machine of ours, and remembers that the operator did. Returns whether it was running. */
export async function stopMachine(context: Context, machine: Machine): Promise<boolean> {
  const { name } = machine;
  const { machines } = context.state();
  const handling = {
    operation: `vm stop ${name}`,
    alone: true,
    left: `Left. '${name}' may go on stopping.\nHow it is: agentworks vm describe ${name}`,
    claim: () => void machines.update(name, { stoppedByOperator: true }),
  };
  return await onPlatform(context, machine, handling, async (act) => {
    try {
      return await stopped(context, machine, act);
    } catch (error) {
      if (context.interrupts.requested.aborted)
        throw new Cancelled(`Cancelled, but '${name}' may be on its way down.\nStop it: agentworks vm stop ${name}`);
      machines.update(name, { stoppedByOperator: machine.stoppedByOperator });
      throw error;
    }
  });
}

async function stopped(context: Context, machine: Machine, act: Act): Promise<boolean> {
  const { provider, id } = await onItsPlatform(context, machine);
  const power = await provider.power(id);
  if (power === "missing") throw asleep(machine, power);
  if (power === "running") await act(`stop of '${machine.name}'`, (work) => provider.stop(id, work));
  return power === "running";
}
