import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { UserError } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";
import { stopMachine } from "../../operations/machine/stop.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";

/** `vm stop`: shuts a machine that we made down; nothing starts it again but `vm start`. An adopted one is its owner's to switch off. */
export const vmStop = command({
  name: "vm stop",
  summary: "Stop a machine that we made, with its sessions",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm stop dev"],
  input: z.object({ name: z.string() }),
  kind: "change",
  async run({ name }, context): Promise<Result<DryRun | { name: string; status: "stopped"; wasRunning: boolean }>> {
    const machine = machineNamed(context, name);
    if (machine.adopted) {
      throw new UserError(
        `'${name}' was adopted: its owner switches it off. Its sessions can be stopped.`,
        `agentworks session list --vm ${name}, then agentworks session stop NAME`,
      );
    }
    if (context.flags.dryRun) return dryRun(name, [], [`stop '${name}' on ${machine.platform}`]);
    const wasRunning = await stopMachine(context, machine);
    const text = wasRunning ? `VM '${name}' is stopped.` : `VM '${name}' was stopped already.`;
    return { data: { name, status: "stopped", wasRunning }, text: () => text };
  },
});
