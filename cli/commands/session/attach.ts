import { z } from "zod";
import { command } from "../../command.ts";
import { attachSession } from "../../operations/session/attach.ts";

/** `session attach`: the session on this terminal, as its own Linux user. */
export const sessionAttach = command({
  name: "session attach",
  summary: "Show a session on this terminal; leave it with the prefix and d",
  args: [{ name: "name", description: "The session" }],
  flags: {},
  examples: ["agentworks session attach fix"],
  input: z.object({ name: z.string() }),
  kind: "interactive",
  run: attachSession,
});
