import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import type { Contents } from "../../operations/machine/contents.ts";
import { deleteMachine, deletionDryRun } from "../../operations/machine/delete.ts";
import type { DryRun } from "../../run/dry-run.ts";

/** What a deletion took with it. */
interface Deleted extends Contents {
  readonly name: string;
  readonly purged: boolean;
}

/** `vm delete`: removes a machine that we made; forgets an adopted one, and with --purge everything of ours leaves it first. */
export const vmDelete = command({
  name: "vm delete",
  summary: "Delete a machine that we made; forget an adopted one, or remove all that is ours from it",
  args: [{ name: "name", description: "The machine" }],
  flags: {
    force: { description: "Although it holds workspaces, agents or sessions" },
    host: {
      description: "With --purge: log in by this way instead of the one that adopted it",
      value: "[USER@]HOST[:PORT]",
    },
    purge: { description: "Remove what is ours from an adopted machine, and put back what its owner had" },
  },
  examples: ["agentworks vm delete dev", "agentworks vm delete dev --purge --force --yes"],
  input: z.object({
    name: z.string(),
    host: z.string().optional(),
    force: z.boolean().optional(),
    purge: z.boolean().optional(),
  }),
  kind: "change",
  async run({ name, force, purge, host }, context): Promise<Result<DryRun | Deleted>> {
    const machine = machineNamed(context, name);
    const options = { force: force === true, purge: purge === true, host };
    if (context.flags.dryRun) return deletionDryRun(context, machine, options);
    const contents = await deleteMachine(context, machine, options);
    const how = machine.adopted ? `${options.purge ? "purged and " : ""}forgotten` : "deleted";
    return { data: { name, purged: options.purge, ...contents }, text: () => `VM '${name}' is ${how}.` };
  },
});
