import { z } from "zod";
import { command } from "../../command.ts";
import { deleteWorkspace } from "../../operations/workspace/delete.ts";

/** `workspace delete`: a workspace with all its files; its sessions too, with --force. */
export const workspaceDelete = command({
  name: "workspace delete",
  summary: "Delete a workspace with all its files",
  args: [{ name: "name", description: "The workspace" }],
  flags: { force: { description: "Although it holds sessions: they are deleted too" } },
  examples: ["agentworks workspace delete site", "agentworks workspace delete site --force --yes"],
  input: z.object({ name: z.string(), force: z.boolean().optional() }),
  kind: "change",
  run: deleteWorkspace,
});
