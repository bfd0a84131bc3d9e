import { usableKey } from "../../../providers/ssh/identity.ts";
import type { Destination, SshSettings } from "../../../providers/ssh/options.ts";
import type { MachineFacts } from "../../../steps/machine/facts.ts";
import { changes, refusals, warnings } from "../../../steps/machine/facts.ts";
import { operatorPublicKeys } from "../../config/operator-keys.ts";
import type { Context } from "../../context.ts";
import { Cancelled, EXIT, MachineError, UserError } from "../../errors.ts";
import type { Executed, Target } from "../../run/execute.ts";
import { read } from "../../run/read.ts";
import type { Machine, NewMachine } from "../../state/machines.ts";
import { collectLeft } from "./collect-run.ts";
import { firstContact, look } from "./contact.ts";
import { initialise, machinePlan, machineSpec } from "./init.ts";
import { purge, purging } from "./purge.ts";
import { adminTransport, sshSettings } from "./reach.ts";
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

/** A machine after its creation ran. When it failed it is kept; `target` is the way in that the owner gave. */
export interface Created {
  readonly executed: Executed;
  readonly machine: Machine;
  readonly target: Target;
}

/** Adopts an existing Debian machine: looks, asks, brings it to its declared state in one login, and proves the way in. */
export async function createMachine(context: Context, adoption: Adoption): Promise<Created> {
  const { name } = adoption.row;
  await checkKey(context);
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
    const plan = machinePlan(context, adoption.row, `vm create ${name}`, takingOver);
    const executed = await initialise(context, { ...target, channel: contact.conversation.channel }, plan).catch(
      (error: unknown) => {
        throw error instanceof Cancelled ? left(name, error) : error;
      },
    );
    return await settle(context, target, executed, facts);
  } finally {
    if (machines.find(name) === null) forgetHostKeys(context, name);
  }
}

/** After the run: undone when the operator said stop, kept when it failed, proven when it went well. */
async function settle(context: Context, target: Target, executed: Executed, facts: MachineFacts): Promise<Created> {
  const { machines, machineEvents } = context.state();
  const { machine: name } = target;
  const cancelled = () => executed.outcome === "interrupted" || context.interrupts.requested.aborted;
  if (cancelled()) return await giveUp(context, target, facts);
  if (executed.outcome === "failed") {
    machines.update(name, { provisioning: "failed" });
    machineEvents.add(name, "provisioning_failed", executed.steps.find((step) => step.result === "failed")?.name);
    return { executed, machine: row(context, name), target };
  }
  await proveWayIn(context, name);
  if (cancelled()) return await giveUp(context, target, facts);
  machines.update(name, { provisioning: "complete" });
  machineEvents.add(name, "provisioning_complete");
  takeOver(context, name, facts);
  return { executed, machine: row(context, name), target };
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

/** One login as the admin: what we made lets us in, and sudo asks nothing. */
async function proveWayIn(context: Context, name: string): Promise<void> {
  const options = { limitMs: 30_000, cancel: context.interrupts.requested };
  const answer = await read(adminTransport(context, row(context, name)), "exit 0\n", options);
  if (answer.kind === "answer" || context.interrupts.requested.aborted) return;
  context.state().machines.update(name, { provisioning: "failed" });
  throw new MachineError(
    `'${name}' is set up, but its admin cannot log in: ${answer.message}`,
    `agentworks vm create ${name}`,
  );
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

async function checkKey(context: Context): Promise<void> {
  const { sshPrivateKey } = context.config().operator;
  const [publicKey = ""] = operatorPublicKeys(context.config());
  const usable = await usableKey(sshPrivateKey, publicKey, context.env);
  if (!usable.ok) throw new UserError(usable.message, usable.next, EXIT.usage);
}

function row(context: Context, name: string): Machine {
  const machine = context.state().machines.find(name);
  if (machine === null) throw new Error(`the row of ${name} is gone`);
  return machine;
}
