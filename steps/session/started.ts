import { z } from "zod";

/** How a session was most of a second after its start. `output` is what a command that has ended already had printed. */
export type Started =
  | { readonly status: "running" }
  | { readonly status: "exited"; readonly code: number; readonly output: string };

const report = z.discriminatedUnion("status", [
  z.object({ status: z.literal("running") }),
  z.object({ status: z.literal("exited"), code: z.int().min(0).max(255), output: z.base64() }),
]);

/** What `session/start` reported. The output is the session's own word, to be shown by the sink for what machines say. */
export function parseStarted(text: string): Started {
  const started = report.parse(JSON.parse(text));
  if (started.status === "running") return started;
  return { ...started, output: Buffer.from(started.output, "base64").toString().trimEnd() };
}
