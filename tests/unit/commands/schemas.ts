import { z } from "zod";

const time = z.iso.datetime();
const lifecycle = z.enum(["creating", "ready", "deleting"]);
const text = z.string();

/** The documented fields of what --json prints; each is always there. */
const workspace = z.strictObject({
  ...{ name: text, machine: text, linuxUser: text, path: text, template: text },
  ...{ repo: text.nullable(), branch: text.nullable(), lifecycle, createdAt: time },
});
const agent = z.strictObject({
  ...{ name: text, machine: text, linuxUser: text, uid: z.int().nullable(), template: text },
  ...{ grantAll: z.boolean(), lifecycle, createdAt: time },
});
const session = z.strictObject({
  ...{ name: text, machine: text, workspace: text, agent: text.nullable(), template: text, command: text },
  ...{ linuxUser: text, lifecycle, createdWorkspace: z.boolean(), createdAgent: z.boolean() },
  ...{ createdAt: time, updatedAt: time },
});
const status = {
  status: z.enum(["running", "exited", "stopped", "unreachable", "unknown"]).nullable(),
  ...{ exitCode: z.int().nullable(), idle: z.int().nullable(), memory: z.int().nullable(), cpu: z.int().nullable() },
};
const grant = z.strictObject({ workspace: text, kind: z.enum(["explicit", "implicit"]), session: text.nullable() });
/** What a read prints, by its command line. */
export const READS: Readonly<Record<string, z.ZodType>> = {
  "workspace list": z.array(workspace.extend({ sessions: z.int() })),
  "workspace describe site": z.strictObject({
    workspace,
    sessions: z.array(session),
    agents: z.array(
      z.strictObject({ name: text, linuxUser: text.nullable(), explicit: z.boolean(), sessions: z.array(text) }),
    ),
  }),
  "agent list": z.array(agent.extend({ grants: z.array(z.strictObject({ workspace: text, explicit: z.boolean() })) })),
  "agent describe claude": z.strictObject({ agent, grants: z.array(grant), sessions: z.array(session) }),
  "session list": z.array(session.extend(status)),
  "session list --no-status": z.array(session.extend(status)),
  "session describe fix": session.extend(status),
};

const changed = {
  outcome: z.enum(["complete", "partial"]),
  failed: z.array(text),
  logPath: text,
};

/** What a change prints. */
export const CHANGES: Readonly<Record<string, z.ZodType>> = {
  "workspace create": z.strictObject({ workspace, agents: z.array(text), ...changed }),
  "workspace delete": z.strictObject({
    name: text,
    machine: text,
    sessions: z.array(text),
    agents: z.array(text),
    ...changed,
  }),
  "agent create": z.strictObject({ agent, workspaces: z.array(text), ...changed }),
  "agent delete": z.strictObject({ name: text, machine: text, sessions: z.array(text), ...changed }),
  "session create": z.strictObject({
    session,
    status: z.enum(["running", "exited"]),
    exitCode: z.int().nullable(),
    output: text.nullable(),
    ...changed,
  }),
  "session stop": z.strictObject({
    name: text,
    machine: text,
    status: z.literal("stopped"),
    wasRunning: z.boolean(),
    ...changed,
  }),
  "session delete": z.strictObject({ name: text, machine: text, revoked: z.boolean(), ...changed }),
};
