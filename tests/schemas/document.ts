import { z } from "zod";

/** What `--json` prints: one document, whose `data` is the command's own. */
export function documentOf<Data extends z.ZodType>(command: string, data: Data) {
  return z.strictObject({
    schema: z.literal("agentworks/v1"),
    command: z.literal(command.replaceAll(" ", ".")),
    data,
  });
}

/** `data` of every `--dry-run --json`. */
export const dryRun = z.strictObject({
  commands: z.array(z.string()),
  requests: z.array(z.strictObject({ method: z.string(), path: z.string(), body: z.unknown() })),
  scripts: z.array(
    z.strictObject({
      name: z.string().min(1),
      user: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      text: z.string().min(1),
    }),
  ),
});
