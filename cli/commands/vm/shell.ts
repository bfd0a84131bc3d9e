import { z } from "zod";
import { command } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { adminTransport } from "../../operations/machine/reach.ts";
import { handTerminal } from "../../ui/interactive.ts";

/** `vm shell`: the admin's login shell on a machine. Works also where init failed: it is how one looks. */
export const vmShell = command({
  name: "vm shell",
  summary: "Open a shell on a machine, as its admin",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm shell dev"],
  input: z.object({ name: z.string() }),
  kind: "interactive",
  async run({ name }, context) {
    const machine = machineNamed(context, name);
    const argv = adminTransport(context, machine).interactive({ user: machine.adminUser, command: [] });
    return { data: null, text: () => "", exitCode: handTerminal(argv, context.env, context.screen) };
  },
});
