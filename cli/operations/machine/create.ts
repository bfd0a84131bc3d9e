import type { Destination, SshSettings } from "../../../providers/ssh/options.ts";
import type { MachineFacts } from "../../../steps/machine/facts.ts";
import { changes, refusals, warnings } from "../../../steps/machine/facts.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import type { Executed, Target } from "../../run/execute.ts";
import type { Machine, NewMachine } from "../../state/machines.ts";
import { machineNamed } from "../choose.ts";
import { requireKey } from "../ready.ts";
import { collectLeft } from "./collect-run.ts";
import { firstContact, look } from "./contact.ts";
import { initialise, machinePlan, machineSpec } from "./init.ts";
import { purge, purging } from "./purge.ts";
import { sshSettings } from "./reach.ts";
import { type Created, settle } from "./settle.ts";
import { takeOver } from "./take-over.ts";
import { forgetHostKeys, pinHostKeys, trustedHostKey } from "./trust.ts";

/** A machine to adopt, decided and checked; nothing has happened yet. */
export interface Adoption {
  readonly row: NewMachine & Pick<Machine, "name" | "adminUser" | "adopted" | "platform">;
  readonly destination: Destination;
  /** `--host-key` */
  readonly hostKey: string | undefined;
  /** `--take-over`: it may carry the records of another installation. */
  readonly takeOver: boolean;
}

/** Adopts an existing Debian machine: looks, asks, brings it to its declared state in one login, and proves the way in. */
export async function createMachine(context: Context, adoption: Adoption): Promise<Created> {
  const { name } = adoption.row;
  await requireKey(context);
  const settings: SshSettings = { ...sshSettings(context, adoption.row, null), destination: adoption.destination };
  const { machines, machineEvents } = context.state();
  const pinned = machines.find(name)?.hostKeys ?? [];
  const key = await trustedHostKey(context, name, settings, { given: adoption.hostKey, pinned });
  try {
    pinHostKeys(context, name, [key.line]);
    const contact = await firstContact(context, name, settings);
    const { transport, sudoPassword } = contact;
    const target: Target = { machine: name, transport, ...(sudoPassword && { sudoPassword }) };
    // What an attempt whose client was killed has begun ends first: it would change what we look at.
    await collectLeft(context, target);
    const facts = await look(context, contact);
    const takingOver = await agree(context, adoption, facts);
    if (context.interrupts.requested.aborted) throw new Cancelled();
    const { bootId, cpus, memoryGiB: memory, diskGiB: disk } = facts;
    const known = { hostKeys: [key.line], bootId, cpus, memory, disk, provisioning: "in_progress" as const };
    const { name: _, platform: __, ...place } = adoption.row;
    if (machines.find(name) === null) machines.insert({ ...adoption.row, ...known });
    else machines.update(name, { ...place, ...known });
    machineEvents.add(name, "provisioning_started", `ssh:${settings.destination.host}`);
    const plan = await machinePlan(context, adoption.row, `vm create ${name}`, takingOver);
    const executed = await initialise(context, { ...target, channel: contact.conversation.channel }, plan).catch(
      (error: unknown) => {
        throw error instanceof Cancelled ? left(name, error) : error;
      },
    );
    return await conclude(context, target, executed, facts);
  } finally {
    if (machines.find(name) === null) forgetHostKeys(context, name);
  }
}

/** After the run: undone when the operator said stop, kept when it failed. */
async function conclude(context: Context, target: Target, executed: Executed, facts: MachineFacts): Promise<Created> {
  const { machine: name } = target;
  const settled = await settle(context, name, executed);
  switch (settled.kind) {
    case "cancelled":
      return await giveUp(context, target, facts);
    case "failed":
      return { ...settled, removal: "remove what is ours from it", remove: () => purge(context, target, true) };
    case "ready":
      takeOver(context, name, facts);
      return { kind: "ready", executed, machine: machineNamed(context, name) };
  }
}

/** Ctrl-C: what this command made goes again. A machine that was ours before stays: it may hold work. */
async function giveUp(context: Context, target: Target, facts: MachineFacts): Promise<never> {
  const { machine: name } = target;
  if (facts.records.length > 0) {
    throw new Cancelled(
      `Stopped. Go on: agentworks vm create ${name}\nOr give the machine back: agentworks ${purging(name)}`,
    );
  }
  context.screen.err(`Cancelling vm create '${name}' … rolling back.`);
  await purge(context, target, true);
  throw new Cancelled();
}

/** What the operator left goes on there: how to remove it is said, too. */
function left(name: string, error: Cancelled): Cancelled {
  return new Cancelled(`${error.message}\nOr give the machine back: agentworks ${purging(name)}`);
}

/** Refuses what cannot be adopted, and asks about what would change for its owner. Returns whether it is taken over. */
async function agree(context: Context, adoption: Adoption, facts: MachineFacts): Promise<boolean> {
  const spec = machineSpec(context, adoption.row);
  const { screen, prompts } = context;
  const takingOver = adoption.takeOver || (await offerTakeOver(context, facts, spec.installation));
  const refused = refusals(facts, spec, { takeOver: takingOver });
  const [first] = refused;
  if (first !== undefined) throw new UserError(refused.map(({ message }) => message).join("\n"), first.next);
  for (const warning of warnings(facts)) screen.err(`Warning: ${warning}`);
  const changed = changes(facts, spec);
  screen.err(`On '${adoption.row.name}' this changes for everybody (vm delete --purge puts it back):`);
  for (const change of changed) screen.err(`  ${change}`);
  if (!(await prompts.confirm("Go on?"))) throw new Cancelled();
  return takingOver;
}

/** On a terminal, a machine that another installation manages is offered; elsewhere --take-over says so. */
async function offerTakeOver(context: Context, facts: MachineFacts, installation: string): Promise<boolean> {
  const record = facts.records.find(({ kind }) => kind === "machine");
  if (record === undefined || record.text.includes(`"${installation}"`) || !context.prompts.interactive) return false;
  const things = facts.records.filter(({ kind }) => ["workspaces", "agents", "sessions"].includes(kind));
  const listed = things.map(({ kind, name }) => `${kind.slice(0, -1)} ${name}`).join(", ") || "nothing";
  return await context.prompts.confirm(`Another installation manages this machine (${listed}). Take it over?`, {
    flag: "--take-over",
  });
}
