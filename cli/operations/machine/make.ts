import type { Endpoint, Provider } from "../../../providers/provider.ts";
import { hostKeyFrom } from "../../../providers/ssh/host-key.ts";
import { refusals } from "../../../steps/machine/facts.ts";
import type { Context } from "../../context.ts";
import { Cancelled, MachineError, UserError } from "../../errors.ts";
import type { Target } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { machineNamed } from "../choose.ts";
import { requireKey } from "../ready.ts";
import { collectLeft } from "./collect-run.ts";
import { type Contact, firstContact, look } from "./contact.ts";
import { contentsOf, isEmpty } from "./contents.ts";
import { initialise, machinePlan, machineSpec } from "./init.ts";
import type { Making } from "./making.ts";
import { type Act, onPlatform } from "./on-platform.ts";
import { requireUsable } from "./platform.ts";
import { sshSettings } from "./reach.ts";
import { removeMachine, takeAway } from "./remove.ts";
import { goOn } from "./result.ts";
import { type Created, settle } from "./settle.ts";
import { pinHostKeys } from "./trust.ts";

/**
 * Makes a machine on a platform and brings it to its declared state. Its row is there before anything of it is; an attempt that
 * did not end, however that came, is gone on with. Failed, it is kept; stopped by the operator, it is removed again.
 */
export async function makeMachine(context: Context, making: Making): Promise<Created> {
  const { name, platform } = making.row;
  const provider = await context.provider(platform);
  await requireUsable(provider);
  await requireKey(context);
  const { machines } = context.state();
  const found = machines.find(name);
  if (found === null) await reserve(context, provider, making);
  const machine = machineNamed(context, name);
  let begun = false;
  const handling = {
    operation: `vm create ${name}`,
    alone: false,
    left: `Left. How '${name}' is: agentworks vm describe ${name}\nGo on: agentworks vm create ${name}\nOr remove it: agentworks vm delete ${name}`,
    claim: () => {
      begin(context, machine);
      begun = true;
    },
  };
  const { requested, abandoned } = context.interrupts;
  try {
    return await onPlatform(context, machine, handling, async (act) => {
      try {
        return await attempt(context, making, machine, act, found !== null);
      } catch (error) {
        if (requested.aborted && !abandoned.aborted) return await giveUp(context, machine, act);
        throw error;
      }
    });
  } catch (error) {
    if (!begun || requested.aborted) throw error;
    return failed(context, machine, error);
  }
}

/** The machine's id is in the state before anything is made. */
async function reserve(context: Context, provider: Provider, { row, request }: Making): Promise<void> {
  const platformId = await provider.reserve(request);
  if (context.interrupts.requested.aborted) throw new Cancelled();
  context.state().machines.insert({ ...row, platformId, provisioning: "in_progress" });
}

/** Part of taking the lease: nobody else has finished or removed it while we waited. */
function begin(context: Context, { name, platform, platformId }: Machine): void {
  const { machines, machineEvents } = context.state();
  const now = machineNamed(context, name);
  if (now.provisioning === "complete" || now.platformId !== platformId)
    throw new UserError(`There is a machine '${name}' already.`, `agentworks vm describe ${name}`);
  machines.update(name, { provisioning: "in_progress", stoppedByOperator: false });
  machineEvents.add(name, "provisioning_started", `${platform}:${platformId}`);
}

async function attempt(
  context: Context,
  { row, request }: Making,
  { name, platform, platformId }: Machine,
  act: Act,
  again: boolean,
): Promise<Created> {
  const provider = await context.provider(platform);
  const endpoint = await act(`machine on ${platform}`, (work) => provider.create(request, platformId ?? "", work));
  if (context.interrupts.requested.aborted) throw new Cancelled();
  enter(context, name, endpoint);
  const contact = await contactFirst(context, name, endpoint, again);
  const target: Target = { machine: name, transport: contact.transport };
  await collectLeft(context, target);
  if (KNOWN_IMAGES.includes(request.image)) contact.conversation.release();
  else await inspect(context, contact, row);
  const plan = await machinePlan(context, machineNamed(context, name), `vm create ${name}`);
  const executed = await initialise(context, { ...target, channel: contact.conversation.channel }, plan);
  const settled = await settle(context, name, executed);
  if (settled.kind === "cancelled") throw new Cancelled();
  if (settled.kind === "failed") return { ...settled, ...removal(context, name) };
  return { kind: "ready", executed, machine: machineNamed(context, name) };
}

/** Images that are Debian 12 as we want it: nothing has to be asked of them. */
const KNOWN_IMAGES: readonly string[] = ["auto", "debian", "build"];

/** Refuses what an image of the operator's own brought up, where it is not what we can work with. */
async function inspect(context: Context, contact: Contact, row: Making["row"]): Promise<void> {
  const facts = await look(context, contact);
  const [refused] = refusals(facts, machineSpec(context, row), { takeOver: false });
  if (refused !== undefined) throw new UserError(refused.message, refused.next);
}

/** Where the machine answers, and the keys by which it is known there. */
function enter(context: Context, name: string, { host, port, user, hostKeys }: Endpoint): void {
  const keys = hostKeys.map((key) => hostKeyFrom(key).line);
  if (keys.length === 0)
    throw new MachineError(`The host keys of '${name}' were not seen.`, `agentworks vm logs ${name} --serial`);
  context.state().machines.update(name, { host, port, loginUser: user });
  pinHostKeys(context, name, keys);
}

/** As the user that the platform lets in; an attempt before this one may have closed that login, so then as the admin. */
async function contactFirst(context: Context, name: string, { user }: Endpoint, again: boolean): Promise<Contact> {
  const machine = machineNamed(context, name);
  const as = async (login: string) => await firstContact(context, name, sshSettings(context, machine, login));
  try {
    return await as(user);
  } catch (error) {
    if (!again || !(error instanceof MachineError)) throw error;
    return await as(machine.adminUser).catch(() => {
      throw error;
    });
  }
}

/** The machine is kept as far as it came. A bug is told as one. */
function failed(context: Context, machine: Machine, error: unknown): Created {
  const { name } = machine;
  const { machines, machineEvents } = context.state();
  const message = error instanceof Error ? error.message : String(error);
  machines.update(name, { provisioning: "failed" });
  machineEvents.add(name, "provisioning_failed", message);
  if (!(error instanceof UserError)) throw error;
  const tail = error instanceof MachineError ? error.tail : [];
  const next = error.next.includes(`vm create ${name}`) ? goOn(machine) : `${error.next}; then ${goOn(machine)}`;
  return { kind: "failed", failure: new MachineError(message, next, tail), ...removal(context, name) };
}

function removal(context: Context, name: string) {
  const remove = async () => {
    const machine = machineNamed(context, name);
    await removeMachine(context, machine, contentsOf(context, machine));
  };
  return { removal: "remove the machine", remove };
}

/** Ctrl-C: what this command made goes again. A machine on which somebody works already stays. */
async function giveUp(context: Context, machine: Machine, act: Act): Promise<never> {
  const { name, platform } = machine;
  const { machines, machineEvents } = context.state();
  const again = `agentworks vm delete ${name}`;
  machines.update(name, { provisioning: "failed" });
  machineEvents.add(name, "provisioning_failed", "cancelled");
  if (!isEmpty(contentsOf(context, machine)))
    throw new Cancelled(`Stopped. Go on: agentworks vm create ${name}\nOr remove it: ${again} --force`);
  context.screen.err(`Cancelling vm create '${name}' … rolling back.`);
  await takeAway(context, machine, act, again);
  throw new Cancelled(`Cancelled: nothing of '${name}' is left on ${platform}.`);
}
