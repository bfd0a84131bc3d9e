import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { askLive } from "./live.ts";
import { asleep, powerOf, startMachine, unfinished } from "./wake.ts";

/** Brings a machine up, as far as it is ours to do. Returns whether it was up already. */
export async function startOf(context: Context, machine: Machine): Promise<boolean> {
  const { adopted, provisioning } = machine;
  if (adopted) return await answers(context, machine);
  if (provisioning !== "complete") throw unfinished(machine);
  const power = await powerOf(context, machine);
  if (power === "missing") throw asleep(machine, power);
  await startMachine(context, machine, "whoever stopped it");
  return power === "running";
}

async function answers(context: Context, machine: Machine): Promise<true> {
  const { name } = machine;
  const live = await askLive(context, machine, []);
  if (live.status === "running") return true;
  throw new UserError(
    `'${name}' does not answer (${live.message}), and it is not ours to switch on: it was adopted.`,
    `switch it on, then: agentworks vm describe ${name}`,
  );
}
