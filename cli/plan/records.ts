import { z } from "zod";

/**
 * What our records on a machine say (design: "On the machine"): one line of JSON each, written by root before the thing is made.
 * They tell whose a thing is, and are enough to rebuild a lost state. They come back from a machine, so they are checked.
 */
const installation = z.string().regex(/^[0-9a-f]{32}$/i);
const text = z.string().max(8192);
const maybe = text.nullable();

const agent = z.object({ installation, name: text, linuxUser: text, template: text, grantAll: z.boolean() });
const workspace = z.object({
  installation,
  name: text,
  linuxUser: text,
  path: text,
  template: text,
  repo: maybe,
  branch: maybe,
});
const session = z.object({
  installation,
  name: text,
  workspace: text,
  agent: maybe,
  template: text,
  command: text,
  linuxUser: text,
});

export type AgentRecord = z.infer<typeof agent>;
export type WorkspaceRecord = z.infer<typeof workspace>;
export type SessionRecord = z.infer<typeof session>;

/** A record as its line. The keys' order is fixed: the same thing always has the same bytes. */
export const agentLine = (record: AgentRecord): string => JSON.stringify(agent.parse(record));
export const workspaceLine = (record: WorkspaceRecord): string => JSON.stringify(workspace.parse(record));
export const sessionLine = (record: SessionRecord): string => JSON.stringify(session.parse(record));

/** A line as a record; undefined when it is none. */
export const parseAgent = (line: string): AgentRecord | undefined => parse(agent, line);
export const parseWorkspace = (line: string): WorkspaceRecord | undefined => parse(workspace, line);
export const parseSession = (line: string): SessionRecord | undefined => parse(session, line);

function parse<T>(schema: z.ZodType<T>, line: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(line.split("\n")[0] ?? "")).data;
  } catch {
    return undefined;
  }
}
