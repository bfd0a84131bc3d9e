import { z } from "zod";

const seconds = z.number().min(0);
const parts = ["platform", "programs", "key", "config", "machine", "workspace", "agent", "session"] as const;

/** `quickstart`, also with --remove. */
export const quickstart = z.strictObject({
  phases: z.array(
    z.strictObject({
      part: z.enum(parts),
      name: z.string().min(1),
      result: z.enum(["found", "made", "removed", "kept"]),
      why: z.string().min(1),
      seconds,
    }),
  ),
  seconds,
  next: z.strictObject({ attach: z.string().min(1), look: z.string().min(1), remove: z.string().min(1) }).nullable(),
});
