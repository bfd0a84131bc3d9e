import { z } from "zod";
import { command } from "../../command.ts";
import { deleteAgent } from "../../operations/agent/delete.ts";

/** `agent delete`: an agent with its home and processes; its sessions too, with --force. */
export const agentDelete = command({
  name: "agent delete",
  summary: "Delete an agent with its home and processes",
  args: [{ name: "name", description: "The agent" }],
  flags: { force: { description: "Although it has sessions: they are deleted too" } },
  examples: ["agentworks agent delete claude", "agentworks agent delete claude --force --yes"],
  input: z.object({ name: z.string(), force: z.boolean().optional() }),
  kind: "change",
  run: deleteAgent,
});
