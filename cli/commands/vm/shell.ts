import { z } from "zod";
import { command } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { adminTransport, isAdminIn } from "../../operations/machine/reach.ts";
import { withLogin } from "../../operations/machine/wake.ts";
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
    const exitCode = await withLogin(context, machine, (awake) => {
      // A machine that we made lets its first user in until it is initialized.
      const user = awake.adopted || isAdminIn(awake) ? awake.adminUser : (awake.loginUser ?? awake.adminUser);
      const argv = adminTransport(context, awake).interactive({ user, command: [] });
      return handTerminal(argv, context.env, context.screen);
    });
    return { data: null, text: () => "", exitCode };
  },
});
