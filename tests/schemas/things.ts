import { z } from "zod";
import type { Agent } from "../../cli/state/agents.ts";
import type { Machine } from "../../cli/state/machines.ts";
import type { Session } from "../../cli/state/sessions.ts";
import type { Workspace } from "../../cli/state/workspaces.ts";

/** `2025-01-31T23:59:59Z`, perhaps with milliseconds. */
export const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/);
export const names = z.array(z.string().min(1));
export const count = z.int().min(0);
const name = z.string().min(1);
const lifecycle = z.enum(["creating", "ready", "deleting"]);
const size = z.number().positive().nullable();

/** A machine, as we know it without asking it. */
export const machine = z.strictObject({
  name,
  platform: z.enum(["ssh", "qemu"]),
  platformId: z.string().nullable(),
  template: name,
  adminUser: name,
  host: z.string().nullable(),
  port: z.int().nullable(),
  loginUser: z.string().nullable(),
  network: z.enum(["direct", "tailscale"]),
  address: z.string().nullable(),
  hostKeys: z.array(z.string().regex(/^(ssh|ecdsa)-\S+ \S+$/)),
  cpus: size,
  memory: size,
  disk: size,
  swap: z.number().min(0).nullable(),
  adopted: z.boolean(),
  provisioning: z.enum(["pending", "in_progress", "complete", "failed"]),
  init: z.enum(["pending", "in_progress", "complete", "failed", "partial"]),
  configDigest: z.string().nullable(),
  stoppedByOperator: z.boolean(),
  bootId: z.string().nullable(),
  createdAt: time,
  updatedAt: time,
}) satisfies z.ZodType<Machine>;

/** A workspace. */
export const workspace = z.strictObject({
  name,
  machine: name,
  linuxUser: name,
  path: z.string().startsWith("/"),
  template: name,
  repo: z.string().nullable(),
  branch: z.string().nullable(),
  lifecycle,
  createdAt: time,
}) satisfies z.ZodType<Workspace>;

/** An agent. */
export const agent = z.strictObject({
  name,
  machine: name,
  linuxUser: name,
  uid: z.int().min(20_000).max(29_999).nullable(),
  template: name,
  grantAll: z.boolean(),
  lifecycle,
  createdAt: time,
}) satisfies z.ZodType<Agent>;

/** A session, without how it is. */
export const session = z.strictObject({
  name,
  machine: name,
  workspace: name,
  agent: name.nullable(),
  template: name,
  command: z.string(),
  linuxUser: name,
  lifecycle,
  createdWorkspace: z.boolean(),
  createdAgent: z.boolean(),
  createdAt: time,
  updatedAt: time,
}) satisfies z.ZodType<Session>;

/** What every change to a workspace, an agent or a session tells besides its own. */
export const change = {
  outcome: z.enum(["complete", "partial"]),
  failed: names,
  logPath: z.string().startsWith("/"),
};
