import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { adoption } from "../machine/adoption.ts";
import { createMachine } from "../machine/create.ts";
import { reinitMachine } from "../machine/reinit.ts";
import { machineResult } from "../machine/result.ts";
import { NAMES, type QuickstartInput } from "./names.ts";
import type { Platform } from "./platform.ts";
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
    return { name, result: "made", why: "an attempt before had not ended", exitCode: exitOf(context, executed) };
  }
  const { host, hostKey } = input;
  const adopted = await adoption(context, { name, platform: platform.name, host, hostKey });
  const created = await recorded(context, "machine", () => createMachine(context, adopted));
  const why = row === null ? platform.why : "an attempt before had not ended";
  return { name, result: "made", why, exitCode: exitOf(context, created.executed) };
}

/** 4 when steps that are not fatal failed; throws when the machine is not ready. */
function exitOf(context: Context, executed: Parameters<typeof machineResult>[1]): number {
  const machine = context.state().machines.find(NAMES.machine);
  if (machine === null) throw new UserError(`'${NAMES.machine}' is gone.`, "agentworks quickstart");
  return machineResult(machine, executed, "").exitCode ?? 0;
}
