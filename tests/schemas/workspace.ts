import { z } from "zod";
import { change, count, names, session, workspace } from "./things.ts";

/** `workspace create`. */
export const workspaceCreate = z.strictObject({ workspace, agents: names, ...change });

/** `workspace list`. */
export const workspaceList = z.array(z.strictObject({ ...workspace.shape, sessions: count }));

/** `workspace describe`. */
export const workspaceDescribe = z.strictObject({
  workspace,
  sessions: z.array(session),
  agents: z.array(
    z.strictObject({ name: z.string(), linuxUser: z.string().nullable(), explicit: z.boolean(), sessions: names }),
  ),
});

/** `workspace delete`. */
export const workspaceDelete = z.strictObject({
  name: z.string(),
  machine: z.string(),
  sessions: names,
  agents: names,
  ...change,
});
