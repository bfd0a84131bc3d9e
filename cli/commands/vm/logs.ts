import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { command } from "../../command.ts";
import { UserError } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";
import { followRuns } from "../../operations/machine/follow-runs.ts";
import { listLogs } from "../../workstation/logs.ts";

/** `vm logs`: what the operations on a machine wrote down, also one that goes on now. */
export const vmLogs = command({
  name: "vm logs",
  summary: "Show the logs of the operations on a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: {
    all: { description: "All logs that are kept, oldest first; otherwise the last one" },
    follow: { description: "Follow the operation that goes on, also one that another terminal started" },
  },
  examples: ["agentworks vm logs dev", "agentworks vm logs dev --follow"],
  input: z.object({ name: z.string(), all: z.boolean().optional(), follow: z.boolean().optional() }),
  kind: "read",
  async run({ name, all, follow }, context) {
    if (follow === true) await followRuns(context, machineNamed(context, name));
    const logs = listLogs(context.home.logs, name);
    if (logs.length === 0) {
      machineNamed(context, name);
      throw new UserError(`There are no logs of '${name}' yet.`, `agentworks vm describe ${name}`);
    }
    const chosen = all === true ? logs : logs.slice(-1);
    const data = chosen.map(({ path, operation, started }) => ({
      path,
      operation,
      startedAt: started.toISOString(),
      text: readFileSync(path, "utf8"),
    }));
    const text = () => data.map((log) => `--- ${basename(log.path)} ---\n${log.text.trimEnd()}`).join("\n\n");
    return { data, text: follow === true ? () => "" : text };
  },
});
