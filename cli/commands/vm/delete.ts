import { z } from "zod";
import { command, type Result } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { type Contents, contentsOf, deleteMachine, deletionPlans } from "../../operations/machine/delete.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";

/** What a deletion took with it. */
interface Deleted extends Contents {
  readonly name: string;
  readonly purged: boolean;
}

/** `vm delete`: forgets an adopted machine; with --purge everything of ours leaves it first. */
export const vmDelete = command({
  name: "vm delete",
  summary: "Forget a machine, or remove everything of ours from it",
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
    if (context.flags.dryRun) return dryRun(name, deletionPlans(context, machine, purge === true));
    const contents = contentsOf(context, machine);
    await deleteMachine(context, machine, { force: force === true, purge: purge === true, host });
    return {
      data: { name, purged: purge === true, ...contents },
      text: () => `VM '${name}' is ${purge === true ? "purged and " : ""}forgotten.`,
    };
  },
});
