import type { Power, Provider } from "../../../providers/provider.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import type { Target } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { platformThing } from "../../state/runs.ts";
import { onPlatform } from "./on-platform.ts";
import { adminTransport } from "./reach.ts";

/** What is done about a machine of ours that is off: nothing but saying so, or it is started, unless the operator stopped it. */
type WhenOff = "start" | "tell";

/** A machine through its admin. */
export function adminTarget(context: Context, machine: Machine, off: WhenOff): Target {
  const target = { machine: machine.name, transport: adminTransport(context, machine) };
  if (machine.adopted) return target;
  const wake = async () => {
    const awake = await woken(context, machine, off);
    return awake && adminTransport(context, awake);
  };
  return { ...target, wake };
}

/** How long ssh takes at most to find out that nobody lets it in (ConnectTimeout, and a little). */
const NOT_IN_MS = 15_000;

/** Hands a login of the machine's to whoever takes it. When ssh could not log in because the machine is off, it is started first. */
export async function withLogin(
  context: Context,
  machine: Machine,
  login: (machine: Machine) => number | Promise<number>,
): Promise<number> {
  if (!machine.adopted && machine.host === null) throw unfinished(machine);
  await requireAwake(context, machine);
  const began = Date.now();
  const code = await login(machine);
  if (machine.adopted || code !== 255 || Date.now() - began > NOT_IN_MS) return code;
  const awake = await woken(context, machine, "start");
  return awake === undefined ? code : await login(awake);
}

/**
 * For a machine of ours that let nobody in: the same machine when another try is worth it. One that is off is started and waited
 * for, and so is one that another command starts; one that runs has another reason. Throws when it is off and stays so.
 */
export async function woken(context: Context, machine: Machine, off: WhenOff): Promise<Machine | undefined> {
  const power = await powerOf(context, machine);
  if (power === "running") {
    if (off === "tell" || !isInHand(context, machine)) return undefined;
  } else if (off === "tell" || power === "missing") throw asleep(machine, power);
  else context.screen.err(`'${machine.name}' is stopped: starting it.`);
  await startMachine(context, machine, "unless the operator stopped it");
  return context.state().machines.find(machine.name) ?? undefined;
}

/** Whether another command acts on the machine's platform right now. */
function isInHand(context: Context, { name }: Machine): boolean {
  const open = context.state().runs.open(name);
  return open.some(({ thing, pid }) => thing === platformThing(name) && pid !== process.pid);
}

/** A machine's platform, and its id there. */
export async function onItsPlatform(
  context: Context,
  { name, platform, platformId }: Machine,
): Promise<{ readonly provider: Provider; readonly id: string }> {
  if (platformId === null) throw new Error(`the row of ${name} has no id on ${platform}`);
  return { provider: await context.provider(platform), id: platformId };
}

/** How a machine of ours is on its platform. */
export async function powerOf(context: Context, machine: Machine): Promise<Power> {
  const { provider, id } = await onItsPlatform(context, machine);
  return await provider.power(id);
}

/** The error for a machine of ours that is off, or no more. */
export function asleep({ name, platform }: Machine, power: Power): UserError {
  return power === "missing"
    ? new UserError(`'${name}' is gone from ${platform}.`, `agentworks vm delete ${name} --force`)
    : new UserError(`'${name}' is stopped.`, `agentworks vm start ${name}`);
}

/** The error for a machine whose creation did not come to its end. */
export function unfinished({ name }: Pick<Machine, "name">): UserError {
  return new UserError(`'${name}' was never set up to its end.`, `agentworks vm create ${name}`);
}

/** Before a machine is needed: one that the operator stopped is started when they say so. */
export async function requireAwake(context: Context, machine: Machine): Promise<void> {
  if (!machine.stoppedByOperator) return;
  const { prompts, flags } = context;
  if (!prompts.interactive && !flags.yes) throw asleep(machine, "stopped");
  if (!(await prompts.confirm(`'${machine.name}' is stopped. Start it?`))) throw new Cancelled();
  await startMachine(context, machine, "whoever stopped it");
}

/** Starts a machine of ours and waits until it answers; one that runs is left as it is. */
export async function startMachine(
  context: Context,
  machine: Machine,
  which: "unless the operator stopped it" | "whoever stopped it",
): Promise<void> {
  const { name } = machine;
  const { machines } = context.state();
  const handling = {
    operation: `vm start ${name}`,
    alone: false,
    left: `Left. '${name}' may go on starting.\nHow it is: agentworks vm describe ${name}`,
    claim: () => {
      if (which === "whoever stopped it") machines.update(name, { stoppedByOperator: false });
      else if (machines.find(name)?.stoppedByOperator === true) throw asleep(machine, "stopped");
    },
  };
  await onPlatform(context, machine, handling, async (act) => {
    const { provider, id } = await onItsPlatform(context, machine);
    const { host, port } = await act(`start of '${name}'`, (work) => provider.start(id, work));
    // Its host keys stay those that are pinned.
    machines.update(name, { host, port });
  });
}
