import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { machinePlan } from "../../operations/machine/init.ts";
import { reinitMachine } from "../../operations/machine/reinit.ts";
import { type MachineChange, machineResult } from "../../operations/machine/result.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";

/** `vm reinit`: brings a machine to what the configuration declares now. */
export const vmReinit = command({
  name: "vm reinit",
  summary: "Bring a machine to its declared state again",
  args: [{ name: "name", description: "The machine" }],
  flags: {
    "host-key": { description: "Pin this host key, when the machine really has a new one", value: "SHA256:…" },
  },
  examples: ["agentworks vm reinit dev", "agentworks vm reinit dev --dry-run | less"],
  input: z.object({ name: z.string(), hostKey: z.string().optional() }),
  kind: "change",
  async run({ name, hostKey }, context): Promise<Result<DryRun | MachineChange>> {
    const machine = machineNamed(context, name);
    if (context.flags.dryRun) return dryRun(name, [await machinePlan(context, machine, `vm reinit ${name}`)]);
    const executed = await reinitMachine(context, machine, hostKey);
    return machineResult(machineNamed(context, name), executed, `VM '${name}' is in its declared state.`);
  },
});
