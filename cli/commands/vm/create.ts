import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { vmName } from "../../config/names.ts";
import { NETWORKS } from "../../config/templates.ts";
import type { Context } from "../../context.ts";
import { Cancelled } from "../../errors.ts";
import type { CreateInput } from "../../operations/machine/adoption.ts";
import { creationOf } from "../../operations/machine/creation.ts";
import { type MachineChange, machineResult } from "../../operations/machine/result.ts";
import type { Created } from "../../operations/machine/settle.ts";
import type { DryRun } from "../../run/dry-run.ts";

const whole = z
  .string()
  .regex(/^[1-9]\d{0,5}$/, "must be a whole number, 1 or more")
  .transform(Number)
  .optional();

/** `vm create`: a machine of ours, from nothing to its declared state. */
export const vmCreate = command({
  name: "vm create",
  summary: "Make or adopt a machine and bring it to its declared state",
  args: [{ name: "name", description: "What the machine is to be called" }],
  flags: {
    platform: {
      description: "Where it lives: qemu makes it here, ssh adopts an existing Debian machine",
      value: "NAME",
    },
    host: {
      description: "The machine to adopt; an alias of your ssh configuration works",
      value: "[USER@]HOST[:PORT]",
    },
    "host-key": { description: "The machine's host key: its SHA256: fingerprint, or the key itself", value: "KEY" },
    "take-over": { description: "Adopt it although another installation of agentworks manages it" },
    template: { description: "The template of the machine ([vm_templates.*])", value: "NAME" },
    network: { description: "How it is reached: direct or tailscale", value: "NAME" },
    "admin-username": { description: "The admin user to make there", value: "USER" },
    cpus: { description: "Processors, where we make the machine", value: "N" },
    memory: { description: "Memory in GiB, where we make the machine", value: "N" },
    disk: { description: "Disk in GiB, where we make the machine", value: "N" },
    "vm-host": { description: "The machine that is to hold it (lima)", value: "NAME" },
    "azure-vm-size": { description: "The size of an Azure machine", value: "SIZE" },
  },
  examples: [
    "agentworks vm create dev",
    "agentworks vm create dev --platform qemu --cpus 2 --memory 4 --disk 20",
    "agentworks vm create dev --platform ssh --host root@dev.example.org",
    "agentworks vm create dev --host dev --dry-run",
    "agentworks vm create dev --host admin@192.0.2.7:2222 --host-key SHA256:… --yes --non-interactive",
  ],
  input: z.object({
    name: vmName,
    platform: z.string().optional(),
    host: z.string().optional(),
    hostKey: z.string().optional(),
    takeOver: z.boolean().optional(),
    template: z.string().optional(),
    network: z.enum(NETWORKS, { error: `must be one of: ${NETWORKS.join(", ")}` }).optional(),
    adminUsername: z.string().optional(),
    cpus: whole,
    memory: whole,
    disk: whole,
    vmHost: z.string().optional(),
    azureVmSize: z.string().optional(),
  }),
  kind: "change",
  async run(input: CreateInput, context): Promise<Result<DryRun | MachineChange>> {
    const creation = await creationOf(context, input);
    if (context.flags.dryRun) return await creation.dryRun();
    const created = await createOrAsk(context, input.name, creation.create);
    if (created.kind === "failed") throw created.failure;
    return machineResult(created.machine, created.executed, `VM '${input.name}' is ready.`);
  },
});

/** After a failure a person decides; elsewhere the machine is kept as it is. */
async function createOrAsk(context: Context, name: string, create: () => Promise<Created>): Promise<Created> {
  for (;;) {
    const created = await create();
    if (created.kind === "ready" || !context.prompts.interactive) return created;
    context.screen.err(created.failure.message);
    const choices = [
      { value: "retry" as const, label: "try again" },
      { value: "keep" as const, label: "keep it as it is" },
      { value: "delete" as const, label: created.removal },
    ];
    const question = `'${name}' is not ready. What now?`;
    const choice = await context.prompts.select(question, choices, { flag: "--non-interactive" });
    if (choice === "keep") return created;
    if (choice === "retry") continue;
    await created.remove();
    throw new Cancelled("Removed.");
  }
}
