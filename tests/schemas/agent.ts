import { z } from "zod";
import { agent, change, names, session } from "./things.ts";

/** `agent create`. */
export const agentCreate = z.strictObject({ agent, workspaces: names, ...change });

/** `agent list`. */
export const agentList = z.array(
  z.strictObject({
    ...agent.shape,
    grants: z.array(z.strictObject({ workspace: z.string(), explicit: z.boolean() })),
  }),
);

/** `agent describe`. */
export const agentDescribe = z.strictObject({
  agent,
  grants: z.array(
    z.strictObject({
      workspace: z.string(),
      kind: z.enum(["explicit", "implicit"]),
      session: z.string().nullable(),
    }),
  ),
  sessions: z.array(session),
});

/** `agent delete`. */
export const agentDelete = z.strictObject({ name: z.string(), machine: z.string(), sessions: names, ...change });
