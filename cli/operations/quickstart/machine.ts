import type { Context } from "../../context.ts";
import type { Machine } from "../../state/machines.ts";
import { machineNamed } from "../choose.ts";
import type { CreateInput } from "../machine/adoption.ts";
import { creationOf } from "../machine/creation.ts";
import { reinitMachine } from "../machine/reinit.ts";
import { machineResult } from "../machine/result.ts";
import { asleep, powerOf, requireAwake, startMachine } from "../machine/wake.ts";
import { NAMES, type QuickstartInput } from "./names.ts";
import type { Platform } from "./platform.ts";
import { type Sizes, sizesHere } from "./sizes.ts";
import { type Ensured, recorded } from "./things.ts";

/** The machine: made, or adopted where a host is given. One whose initialisation did not end well is initialised again. */
export async function ensureMachine(context: Context, input: QuickstartInput, platform: Platform): Promise<Ensured> {
  const { machine: name } = NAMES;
  const row = context.state().machines.find(name);
  if (row?.provisioning === "complete") {
    context.state().quickstart.mark("machine", row.createdAt);
    const woken = await wake(context, row);
    if (row.init === "complete" || row.init === "partial") {
      return { name, result: "found", why: woken ? "it was stopped, and is started" : "it is ready", exitCode: 0 };
    }
    const executed = await reinitMachine(context, row, undefined);
    const { exitCode = 0 } = machineResult(machineNamed(context, name), executed, "");
    return { name, result: "made", why: "an attempt before had not ended", exitCode };
  }
  const creation = await creationOf(
    context,
    creationInput(context, input, platform.name, () => sizesHere(context)),
  );
  const created = await recorded(context, "machine", creation.create);
  if (created.kind === "failed") throw created.failure;
  const { exitCode = 0 } = machineResult(created.machine, created.executed, "");
  return { name, result: "made", why: row === null ? platform.why : "an attempt before had not ended", exitCode };
}

/** Starts a machine of ours that is off, and asks first when the operator stopped it. Whether it was off. */
async function wake(context: Context, machine: Machine): Promise<boolean> {
  if (machine.adopted) return false;
  await requireAwake(context, machine);
  const power = await powerOf(context, machine);
  if (power === "missing") throw asleep(machine, power);
  if (power === "stopped") await startMachine(context, machine, "unless the operator stopped it");
  return machine.stoppedByOperator || power === "stopped";
}

/** What `vm create` is given for it. A half made machine goes on with its own sizes, and an adopted one has them. */
export function creationInput(
  { state }: Pick<Context, "state">,
  { host, hostKey }: QuickstartInput,
  platform: string,
  sizes: () => Sizes,
): CreateInput {
  const { machine: name } = NAMES;
  const own = platform === "ssh" || state().machines.find(name) !== null;
  return { name, platform, host, hostKey, ...(own ? {} : sizes()) };
}
