import { z } from "zod";
import { command, type Result } from "../command.ts";
import type { Context } from "../context.ts";
import { quickstartDryRun, removeDryRun } from "../operations/quickstart/dry-run.ts";
import type { QuickstartInput } from "../operations/quickstart/names.ts";
import { quickstart as make, type Quickstarted } from "../operations/quickstart/quickstart.ts";
import { removeQuickstart } from "../operations/quickstart/remove.ts";
import type { DryRun } from "../run/dry-run.ts";

/** `quickstart`: from nothing to a running session of an agent, and back. */
export const quickstart = command({
  name: "quickstart",
  summary: "Make a first session with all it needs, or take it all back",
  args: [],
  flags: {
    platform: { description: "Where the machine is made: qemu, or ssh to adopt one", value: "NAME" },
    host: { description: "An existing Debian machine to adopt, in place of making one", value: "[USER@]HOST[:PORT]" },
    "host-key": { description: "That machine's host key: its SHA256: fingerprint, or the key itself", value: "KEY" },
    remove: { description: "Take back all that quickstart made, and nothing else" },
  },
  examples: [
    "agentworks quickstart",
    "agentworks quickstart --host root@dev.example.org",
    "agentworks quickstart --remove",
  ],
  input: z
    .object({
      platform: z.string().optional(),
      host: z.string().optional(),
      hostKey: z.string().optional(),
      remove: z.boolean().optional(),
    })
    .refine(({ remove, platform, hostKey }) => remove !== true || (platform ?? hostKey) === undefined, {
      error: "--remove takes back what is there: --platform and --host-key do not apply",
    }),
  kind: "change",
  async run(input: QuickstartInput, context: Context): Promise<Result<DryRun | Quickstarted>> {
    if (context.flags.dryRun)
      return await (input.remove === true ? removeDryRun(context) : quickstartDryRun(context, input));
    return await (input.remove === true ? removeQuickstart(context, input) : make(context, input));
  },
});
