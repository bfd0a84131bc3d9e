import { z } from "zod";
import { command } from "../../command.ts";
import { stopSession } from "../../operations/session/stop.ts";

/** `session stop`: ends all that a session runs; its history is kept. */
export const sessionStop = command({
  name: "session stop",
  summary: "Stop a session; what it showed is kept",
  args: [{ name: "name", description: "The session" }],
  flags: {},
  examples: ["agentworks session stop fix"],
  input: z.object({ name: z.string() }),
  kind: "change",
  run: stopSession,
});
