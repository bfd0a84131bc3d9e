import { z } from "zod";
import { change, count, session } from "./things.ts";

const exitCode = z.int().min(0).max(255).nullable();

/** A session and how it is; all null when nobody asked. */
const withStatus = z.strictObject({
  ...session.shape,
  status: z.enum(["running", "exited", "stopped", "unreachable", "unknown"]).nullable(),
  exitCode,
  idle: count.nullable(),
  memory: count.nullable(),
  cpu: z.number().min(0).nullable(),
});

/** `session create`. */
export const sessionCreate = z.strictObject({
  session,
  status: z.enum(["running", "exited"]),
  exitCode,
  output: z.string().nullable(),
  ...change,
});

/** `session list`. */
export const sessionList = z.array(withStatus);

/** `session describe`. */
export const sessionDescribe = withStatus;

/** `session stop`. */
export const sessionStop = z.strictObject({
  name: z.string(),
  machine: z.string(),
  status: z.literal("stopped"),
  wasRunning: z.boolean(),
  ...change,
});

/** `session delete`. */
export const sessionDelete = z.strictObject({
  name: z.string(),
  machine: z.string(),
  revoked: z.boolean(),
  ...change,
});
