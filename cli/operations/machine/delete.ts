import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UsageError, UserError } from "../../errors.ts";
import { purgePlan } from "../../plan/machine.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";
import type { Machine } from "../../state/machines.ts";
import { type Contents, contentsOf, isEmpty } from "./contents.ts";
import { parseHost } from "./host.ts";
import { machineSpec } from "./init.ts";
import { ownerTarget, purge, purging } from "./purge.ts";
import { removeMachine } from "./remove.ts";
import { forgetHostKeys } from "./trust.ts";

/** How a machine is to be deleted. */
export interface DeleteOptions {
  readonly force: boolean;
  /** Of an adopted machine: everything of ours is removed from it. */
  readonly purge: boolean;
  /** Another way in than the owner's, for the purge. */
  readonly host: string | undefined;
}

/** What a deletion would do: to a machine that is only forgotten, nothing. */
export function deletionDryRun(context: Context, machine: Machine, options: DeleteOptions): Result<DryRun> {
  refuseForeign(machine, options);
  const { name, adopted, platform } = machine;
  if (!adopted) return dryRun(name, [], [`remove '${name}' from ${platform}: stop it, and delete its disk`]);
  return dryRun(
    name,
    options.purge ? [purgePlan(machineSpec(context, machine), { operation: purging(name) })] : [],
    [],
  );
}

/**
 * Removes a machine that we made, or forgets an adopted one, after removing everything of ours when asked to. Returns what went
 * with it.
 */
export async function deleteMachine(context: Context, machine: Machine, options: DeleteOptions): Promise<Contents> {
  refuseForeign(machine, options);
  const { name } = machine;
  const contents = contentsOf(context, machine);
  const held = Object.entries(contents).filter(([, names]) => names.length > 0);
  const listed = held.map(([kind, names]) => `${kind}: ${names.join(", ")}`).join("; ");
  if (!isEmpty(contents) && !options.force) {
    throw new UserError(`'${name}' holds ${listed}.`, `agentworks vm delete ${name} --force`);
  }
  const what = deletion(machine, options.purge);
  const question = isEmpty(contents) ? `${what}?` : `${what}, with ${listed}?`;
  if (!(await context.prompts.confirm(question))) throw new Cancelled();
  if (!machine.adopted) await removeMachine(context, machine, contents);
  else if (options.purge) {
    const host = options.host === undefined ? undefined : parseHost(options.host);
    await purge(context, await ownerTarget(context, machine, host), false);
  } else {
    context.state().machines.removeWithContents(name);
    forgetHostKeys(context, name);
  }
  return contents;
}

function deletion({ name, adopted, platform }: Machine, purged: boolean): string {
  if (!adopted) return `Delete '${name}' from ${platform}, with its disk`;
  return purged ? `Remove everything of ours from '${name}' and forget it` : `Forget '${name}' (it stays as it is)`;
}

/** What is for adopted machines alone: one of ours goes with all that is on it. */
function refuseForeign({ name, adopted }: Machine, { purge: purged, host }: DeleteOptions): void {
  if (adopted || (!purged && host === undefined)) return;
  const flag = purged ? "--purge" : "--host";
  throw new UsageError(`${flag} is for adopted machines; '${name}' goes whole`, `agentworks vm delete ${name}`);
}
