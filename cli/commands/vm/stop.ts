import { z } from "zod";
import { command } from "../../command.ts";
import { UserError } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";

/** `vm stop`: an adopted machine is its owner's to switch off. */
export const vmStop = command({
  name: "vm stop",
  summary: "Stop a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm stop dev"],
  input: z.object({ name: z.string() }),
  kind: "change",
  async run({ name }, context) {
    const { name: machine } = machineNamed(context, name);
    throw new UserError(
      `'${machine}' was adopted: its owner switches it off. Its sessions can be stopped.`,
      `agentworks session list --vm ${machine}, then agentworks session stop NAME`,
    );
  },
});
