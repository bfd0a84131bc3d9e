import { z } from "zod";
import { sshArgv } from "../../../providers/ssh/options.ts";
import { remoteCommand } from "../../../steps/session/words.ts";
import { command } from "../../command.ts";
import { plainText } from "../../config/names.ts";
import { machineNamed } from "../../operations/choose.ts";
import { sshSettings } from "../../operations/machine/reach.ts";
import { withLogin } from "../../operations/machine/wake.ts";
import { handStreams } from "../../ui/hand-streams.ts";

/** `vm exec`: a program on a machine, as its admin; arguments, streams and exit code pass unchanged. */
export const vmExec = command({
  name: "vm exec",
  summary: "Run a program on a machine, as its admin",
  args: [
    { name: "name", description: "The machine" },
    { name: "command", description: "The program and its arguments, unchanged", rest: true },
  ],
  flags: {},
  examples: [
    "agentworks vm exec dev uptime",
    "agentworks vm exec dev -- tar -xf - < site.tar",
    "agentworks vm exec dev -- bash -c 'du -sh /home/* | sort -h'",
  ],
  input: z.object({
    name: z.string(),
    command: z.array(plainText),
  }),
  kind: "interactive",
  async run({ name, command: argv }, context) {
    const { env, interrupts } = context;
    const exitCode = await withLogin(context, machineNamed(context, name), async (machine) => {
      const ssh = sshArgv(sshSettings(context, machine, machine.adminUser), "background");
      return await handStreams([...ssh, ...remoteCommand(argv)], env, interrupts.requested);
    });
    return { data: null, text: () => "", exitCode };
  },
});
