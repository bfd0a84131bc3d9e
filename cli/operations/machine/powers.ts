import type { Power } from "../../../providers/provider.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { powerOf } from "./wake.ts";

/** How a machine of ours is on its platform; null, and a warning, when the platform does not tell. */
export async function powerIfTold(context: Context, machine: Machine): Promise<Power | null> {
  try {
    return await powerOf(context, machine);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.screen.err(`Warning: how '${machine.name}' is on ${machine.platform} is not known: ${error.message}`);
    return null;
  }
}

/** How the machines that we made are on their platforms, by name. No platform's code is loaded where there is none. */
export async function powersOf(
  context: Context,
  machines: readonly Machine[],
): Promise<ReadonlyMap<string, Power | null>> {
  const made = machines.filter(({ adopted }) => !adopted);
  return new Map(await Promise.all(made.map(async (one) => [one.name, await powerIfTold(context, one)] as const)));
}
