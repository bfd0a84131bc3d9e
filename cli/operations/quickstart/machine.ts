import type { Context } from "../../context.ts";
import { machineNamed } from "../choose.ts";
import type { CreateInput } from "../machine/adoption.ts";
import { creationOf } from "../machine/creation.ts";
import { reinitMachine } from "../machine/reinit.ts";
import { machineResult } from "../machine/result.ts";
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
    if (row.init === "complete" || row.init === "partial") {
      return { name, result: "found", why: "it is ready", exitCode: 0 };
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
