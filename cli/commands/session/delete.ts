import { z } from "zod";
import { command } from "../../command.ts";
import { deleteSession } from "../../operations/session/delete.ts";

/** `session delete`: stops a session and removes all of it; its workspace and agent stay. */
export const sessionDelete = command({
  name: "session delete",
  summary: "Delete a session; its workspace and agent stay",
  args: [{ name: "name", description: "The session" }],
  flags: {},
  examples: ["agentworks session delete fix", "agentworks session delete fix --yes"],
  input: z.object({ name: z.string() }),
  kind: "change",
  run: deleteSession,
});
