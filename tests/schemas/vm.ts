import { z } from "zod";
import { agent, count, machine, names, session, time, workspace } from "./things.ts";

const result = z.enum(["unchanged", "changed", "failed", "skipped"]);
const usage = z.strictObject({ total: count, used: count }).nullable();
const step = { id: z.string().min(1), subject: z.string(), name: z.string().min(1) };

/** How a machine that we made is on its platform. */
const power = z.enum(["running", "stopped", "missing"]).nullable();

/** How a machine says it is doing. */
export const live = z.strictObject({
  status: z.enum(["running", "unreachable"]),
  message: z.string().nullable(),
  bootId: z.string().nullable(),
  cpus: count.nullable(),
  load: z.string().nullable(),
  uptime: count.nullable(),
  memory: usage,
  swap: usage,
  disk: usage,
  runs: z.record(z.string(), z.string()),
});

/** `vm create`, `vm reinit`. */
export const machineChange = z.strictObject({
  machine,
  outcome: z.enum(["complete", "partial"]),
  steps: z.array(z.strictObject({ ...step, result, ms: count })).min(1),
  logPath: z.string().startsWith("/"),
});

/** `vm list`. */
export const vmList = z.array(
  z.strictObject({
    ...machine.pick({ name: true, platform: true, template: true, provisioning: true, init: true }).shape,
    ...{ workspaces: count, agents: count, sessions: count },
    ...machine.pick({ cpus: true, memory: true, disk: true, address: true, createdAt: true }).shape,
    power,
    live: live.nullable(),
  }),
);

/** `vm describe`. */
export const vmDescribe = z.strictObject({
  machine,
  power,
  live,
  openRuns: z.array(
    z.strictObject({
      ...{ id: z.string(), operation: z.string(), thing: z.string(), startedAt: time },
      ...{ pid: count, clientAlive: z.boolean(), state: z.string() },
    }),
  ),
  workspaces: z.array(workspace),
  agents: z.array(z.strictObject({ ...agent.shape, grants: count })),
  sessions: z.array(session),
  steps: z.array(
    z.strictObject({
      ...{ position: count, step: z.string(), subject: z.string(), name: z.string(), result, ms: count },
      ...{ run: z.string(), operation: z.string(), startedAt: time },
    }),
  ),
  events: z.array(z.strictObject({ event: z.string(), detail: z.string().nullable(), at: time })),
  logPath: z.string().nullable(),
});

/** `vm start`. */
export const vmStart = z.strictObject({ name: z.string(), status: z.literal("running"), wasRunning: z.boolean() });

/** `vm stop`. */
export const vmStop = z.strictObject({ name: z.string(), status: z.literal("stopped"), wasRunning: z.boolean() });

/** `vm plan`. */
export const vmPlan = z.strictObject({
  steps: z.array(z.strictObject({ ...step, change: z.boolean() })).min(1),
  fixed: z.array(z.strictObject({ key: z.string(), is: z.string(), declared: z.string() })),
});

/** `vm logs`. */
export const vmLogs = z
  .array(z.strictObject({ path: z.string(), operation: z.string(), startedAt: time, text: z.string() }))
  .min(1);

/** `vm delete`. */
export const vmDelete = z.strictObject({
  name: z.string(),
  purged: z.boolean(),
  workspaces: names,
  agents: names,
  sessions: names,
});
