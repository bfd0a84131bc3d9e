import { z } from "zod";

/** What an error says about a NUL character: no file, argument or environment can carry one. */
export const NO_NUL = "must not contain a NUL character";

const pattern = /^[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?$/;

/** The longest names: agents and workspaces become Linux users `agt-…` and `ws-…`, which may have 32 characters. */
export const LONGEST_NAME = { vm: 30, "VM host": 30, agent: 28, workspace: 29, session: 30, console: 30 } as const;

export type NamedKind = keyof typeof LONGEST_NAME;

/** A new machine's name. */
export const vmName = resourceName("vm");
/** A new VM host's name. */
export const vmHostName = resourceName("VM host");
/** A new agent's name. */
export const agentName = resourceName("agent");
/** A new workspace's name. */
export const workspaceName = resourceName("workspace");
/** A new session's name. */
export const sessionName = resourceName("session");
/** A new console's name. */
export const consoleName = resourceName("console");

/** The admin's Linux user name: what Debian accepts, and neither root nor a name in our agents' or workspaces' space. */
export const adminUserName = z.string({ error: "must be text in quotes" }).superRefine((name, context) => {
  const message = adminUserProblem(name);
  if (message) context.addIssue({ code: "custom", message });
});

/** Any text that a person gives, but NUL. Whoever shows the error puts the field's name in front. */
export const plainText = z.string({ error: "must be text" }).refine((text) => !text.includes("\0"), { error: NO_NUL });

function resourceName(kind: NamedKind) {
  return z.string({ error: `a ${kind} needs a name` }).superRefine((name, context) => {
    const message = nameProblem(kind, name);
    if (message) context.addIssue({ code: "custom", message });
  });
}

function nameProblem(kind: NamedKind, name: string): string | undefined {
  const longest = LONGEST_NAME[kind];
  if (name === "") return `the ${kind} name is empty`;
  if (name.includes("\0")) return `the ${kind} name ${NO_NUL}`;
  const quoted = JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
  if (!pattern.test(name)) {
    return `invalid ${kind} name ${quoted}: use a-z, 0-9, "-" and "_", with a letter or digit first and last`;
  }
  if (name.includes("--")) return `invalid ${kind} name ${quoted}: "--" is not allowed`;
  if (name.length > longest)
    return `invalid ${kind} name ${quoted}: it has ${name.length} characters, the limit is ${longest}`;
  return undefined;
}

function adminUserProblem(name: string): string | undefined {
  if (name.includes("\0")) return NO_NUL;
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) {
    return 'must be a Linux user name (a-z, 0-9, "_" and "-"; at most 32; no digit or "-" first)';
  }
  if (name === "root") return "must not be root: the admin is a user of its own, with sudo";
  if (/^(agt|ws)-/.test(name)) return 'must not start with "agt-" or "ws-": agents and workspaces have these names';
  return undefined;
}
