import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { UserError } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";
import { askLive } from "../../operations/machine/live.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";

/** `vm start`: an adopted machine is switched on by its owner; whether it answers is asked. */
export const vmStart = command({
  name: "vm start",
  summary: "Start a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm start dev"],
  input: z.object({ name: z.string() }),
  kind: "change",
  async run({ name }, context): Promise<Result<DryRun | { name: string; status: string }>> {
    const machine = machineNamed(context, name);
    if (context.flags.dryRun) return dryRun(name, []);
    const live = await askLive(context, machine, []);
    if (live.status === "running")
      return { data: { name, status: live.status }, text: () => `VM '${name}' is running.` };
    throw new UserError(
      `'${name}' does not answer (${live.message}), and it is not ours to switch on: it was adopted.`,
      `switch it on, then: agentworks vm describe ${name}`,
    );
  },
});
