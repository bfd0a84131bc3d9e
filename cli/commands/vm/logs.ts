import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { z } from "zod";
import { command } from "../../command.ts";
import { UserError } from "../../errors.ts";
import { machineNamed } from "../../operations/choose.ts";
import { followRuns } from "../../operations/machine/follow-runs.ts";
import { serialLogs } from "../../operations/machine/serial.ts";
import { listLogs } from "../../workstation/logs.ts";

/** `vm logs`: what the operations on a machine wrote down, also one that goes on now. */
export const vmLogs = command({
  name: "vm logs",
  summary: "Show the logs of the operations on a machine",
  args: [{ name: "name", description: "The machine" }],
  flags: {
    all: { description: "All logs that are kept, oldest first; otherwise the last one" },
    follow: { description: "Follow the operation that goes on, also one that another terminal started" },
    serial: { description: "The last lines of its serial console instead, of a machine that we made" },
  },
  examples: ["agentworks vm logs dev", "agentworks vm logs dev --follow", "agentworks vm logs dev --serial"],
  input: z
    .object({
      name: z.string(),
      all: z.boolean().optional(),
      follow: z.boolean().optional(),
      serial: z.boolean().optional(),
    })
    .refine(({ follow, serial }) => follow !== true || serial !== true, {
      error: "--follow and --serial exclude each other",
    }),
  kind: "read",
  async run({ name, all, follow, serial }, context) {
    if (serial === true) return shown(await serialLogs(context, machineNamed(context, name), all === true));
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
    return follow === true ? { data, text: () => "" } : shown(data);
  },
});

/** Logs under their names. */
function shown<Log extends { readonly path: string; readonly text: string }>(logs: readonly Log[]) {
  const text = () => logs.map((log) => `--- ${basename(log.path)} ---\n${log.text.trimEnd()}`).join("\n\n");
  return { data: logs, text };
}
