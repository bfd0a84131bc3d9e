import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { startOf } from "../../operations/machine/start.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";

/** `vm start`: starts a machine that we made; an adopted one is switched on by its owner, and whether it answers is asked. */
export const vmStart = command({
  name: "vm start",
  summary: "Start a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm start dev"],
  input: z.object({ name: z.string() }),
  kind: "change",
  async run({ name }, context): Promise<Result<DryRun | { name: string; status: "running"; wasRunning: boolean }>> {
    const machine = machineNamed(context, name);
    const { adopted, platform } = machine;
    if (context.flags.dryRun) return dryRun(name, [], adopted ? [] : [`start '${name}' on ${platform}`]);
    const wasRunning = await startOf(context, machine);
    const text = `VM '${name}' ${wasRunning ? "is running" : "is started"}.`;
    return { data: { name, status: "running", wasRunning }, text: () => text };
  },
});
