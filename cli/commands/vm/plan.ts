import { z } from "zod";
import { command } from "../../command.ts";
import { EXIT } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";
import { planMachine } from "../../operations/machine/plan.ts";
import { table } from "../../ui/table.ts";

/** `vm plan`: what `vm reinit` would change, found by every step's own check. */
export const vmPlan = command({
  name: "vm plan",
  summary: "Show what vm reinit would change on a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: { all: { description: "Also the steps that would change nothing" } },
  examples: ["agentworks vm plan dev", "agentworks vm plan dev --json"],
  input: z.object({ name: z.string(), all: z.boolean().optional() }),
  kind: "read",
  async run({ name, all }, context) {
    const data = await planMachine(context, machineNamed(context, name));
    const pending = data.steps.filter((step) => step.change);
    const shown = all === true ? data.steps : pending;
    return {
      data,
      text: (screen) => {
        const head =
          pending.length === 0
            ? `'${name}' is in its declared state.`
            : `${pending.length} of ${data.steps.length} steps would change '${name}':`;
        const rows = shown.map((step) => [step.change ? "change" : "ok", step.name, step.id]);
        const fixed = data.fixed.map(
          ({ key, is, declared }) =>
            `${key} is ${is} and stays so; the configuration says ${declared} (fixed when the machine was made)`,
        );
        return [head, ...(rows.length === 0 ? [] : [table(["", "STEP", "ID"], rows, screen)]), ...fixed].join("\n");
      },
      exitCode: pending.length === 0 ? EXIT.done : EXIT.pending,
    };
  },
});
