import type { Context } from "../../context.ts";
import { Cancelled, MachineError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { meddled } from "../create.ts";
import { type Contents, contentsOf, isEmpty } from "./contents.ts";
import { type Act, onPlatform } from "./on-platform.ts";
import { forgetHostKeys } from "./trust.ts";
import { onItsPlatform } from "./wake.ts";

/** Removes a machine of ours from its platform with all it holds, and forgets it. `contents`: what the operator was told. */
export async function removeMachine(context: Context, machine: Machine, contents: Contents): Promise<void> {
  const { name } = machine;
  const { machines } = context.state();
  const again = `agentworks vm delete ${name}${isEmpty(contents) ? "" : " --force"}`;
  const handling = {
    operation: `vm delete ${name}`,
    alone: true,
    left: `Left. What there is of '${name}' may go on being removed.\nFinish it: ${again}`,
    claim: () => {
      const now = machines.find(name);
      const changed = now?.platformId !== machine.platformId || !Bun.deepEquals(contentsOf(context, machine), contents);
      if (changed) throw meddled({ kind: "vm", name });
      // Whoever comes meanwhile must not start it again.
      machines.update(name, { stoppedByOperator: true });
    },
  };
  await onPlatform(context, machine, handling, async (act) => {
    await shutDown(context, machine, act);
    if (context.interrupts.requested.aborted)
      throw new Cancelled(`Stopped: '${name}' is not removed.\nGo on: ${again}`);
    await takeAway(context, machine, act, again);
  });
}

/** Gracefully, so that what it has to tell others is told. One that does not go down is removed as it is. */
async function shutDown(context: Context, machine: Machine, act: Act): Promise<void> {
  const { provider, id } = await onItsPlatform(context, machine);
  if ((await provider.power(id)) !== "running") return;
  try {
    await act(`stop of '${machine.name}'`, (work) => provider.stop(id, work));
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    context.screen.err(`Warning: '${machine.name}' was not stopped: ${error.message}`);
  }
}

/** Removes what there is of a machine. The row goes when the platform confirms that it is gone, and not before. */
export async function takeAway(context: Context, machine: Machine, act: Act, again: string): Promise<void> {
  const { name, platform } = machine;
  const { provider, id } = await onItsPlatform(context, machine);
  try {
    await act(`removal of '${name}'`, () => provider.remove(id));
    if ((await provider.power(id)) !== "missing")
      throw new MachineError(`${platform} says that it is there still`, again);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    throw new MachineError(
      `'${name}' is not removed from ${platform}: ${error.message} (then: ${again})`,
      error.next,
      error.tail,
    );
  }
  context.state().machines.removeWithContents(name);
  forgetHostKeys(context, name);
}
