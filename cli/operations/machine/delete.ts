import type { Plan } from "../../../steps/step.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import { purgePlan } from "../../plan/machine.ts";
import type { Machine } from "../../state/machines.ts";
import { parseHost } from "./host.ts";
import { machineSpec } from "./init.ts";
import { ownerTarget, purge, purging } from "./purge.ts";
import { forgetHostKeys } from "./trust.ts";

/** What goes with a machine, by name. */
export interface Contents {
  readonly workspaces: readonly string[];
  readonly agents: readonly string[];
  readonly sessions: readonly string[];
}

interface DeleteOptions {
  readonly force: boolean;
  readonly purge: boolean;
  /** Another way in than the owner's, for the purge. */
  readonly host: string | undefined;
}

/** What a machine holds. */
export function contentsOf(context: Context, machine: Machine): Contents {
  const state = context.state();
  const mine = { machines: [machine.name] };
  return {
    workspaces: state.workspaces.list(mine).map(({ name }) => name),
    agents: state.agents.list(mine).map(({ name }) => name),
    sessions: state.sessions.list(mine).map(({ name }) => name),
  };
}

/** What a deletion runs on the machine: nothing, when it is only forgotten. */
export function deletionPlans(context: Context, machine: Machine, asked: boolean): readonly Plan[] {
  return asked ? [purgePlan(machineSpec(context, machine), { operation: purging(machine.name) })] : [];
}

/** Forgets an adopted machine, after removing everything of ours when asked to. */
export async function deleteMachine(context: Context, machine: Machine, options: DeleteOptions): Promise<void> {
  const { name } = machine;
  const contents = contentsOf(context, machine);
  const held = Object.entries(contents).filter(([, names]) => names.length > 0);
  const listed = held.map(([kind, names]) => `${kind}: ${names.join(", ")}`).join("; ");
  if (held.length > 0 && !options.force) {
    throw new UserError(`'${name}' holds ${listed}.`, `agentworks vm delete ${name} --force`);
  }
  const what = options.purge
    ? `Remove everything of ours from '${name}' and forget it`
    : `Forget '${name}' (it stays as it is)`;
  const question = held.length === 0 ? `${what}?` : `${what}, with ${listed}?`;
  if (!(await context.prompts.confirm(question))) throw new Cancelled();
  if (options.purge) {
    const host = options.host === undefined ? undefined : parseHost(options.host);
    await purge(context, await ownerTarget(context, machine, host), false);
    return;
  }
  context.state().machines.removeWithContents(name);
  forgetHostKeys(context, name);
}
