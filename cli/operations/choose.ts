import { didYouMean } from "../config/nearest.ts";
import type { Context } from "../context.ts";
import { UserError } from "../errors.ts";
import type { Agent } from "../state/agents.ts";
import type { Machine } from "../state/machines.ts";
import type { Session } from "../state/sessions.ts";
import type { Workspace } from "../state/workspaces.ts";

/** The machine of a name. */
export function machineNamed(context: Context, name: string): Machine {
  const { machines } = context.state();
  return machines.find(name) ?? unknown("machine", name, machines.names(), "agentworks vm list");
}

/** The workspace of a name. */
export function workspaceNamed(context: Context, name: string): Workspace {
  const { workspaces } = context.state();
  return workspaces.find(name) ?? unknown("workspace", name, workspaces.names(), "agentworks workspace list");
}

/** The agent of a name. */
export function agentNamed(context: Context, name: string): Agent {
  const { agents } = context.state();
  return agents.find(name) ?? unknown("agent", name, agents.names(), "agentworks agent list");
}

/** The session of a name. */
export function sessionNamed(context: Context, name: string): Session {
  const { sessions } = context.state();
  return sessions.find(name) ?? unknown("session", name, sessions.names(), "agentworks session list");
}

/** The machine that is meant: named, or the only one (said), or chosen on a terminal. */
export async function chooseMachine(context: Context, name: string | undefined): Promise<Machine> {
  if (name !== undefined) return machineNamed(context, name);
  const all = context.state().machines.list();
  const chosen = await chooseOne(
    context,
    "machine",
    "--vm",
    all,
    "agentworks vm create NAME",
    (machine) => machine.platform,
  );
  return machineNamed(context, chosen);
}

/** The workspace that is meant, likewise. */
export async function chooseWorkspace(context: Context, name: string | undefined): Promise<Workspace> {
  if (name !== undefined) return workspaceNamed(context, name);
  const all = context.state().workspaces.list();
  const hint = (workspace: Workspace) => `on ${workspace.machine}`;
  const chosen = await chooseOne(context, "workspace", "--workspace", all, "agentworks workspace create NAME", hint);
  return workspaceNamed(context, chosen);
}

/** The names of a comma list, several flags and all; an unknown one is an error. */
export function namesIn(
  lists: readonly string[] | undefined,
  kind: string,
  known: readonly string[],
  listing: string,
): readonly string[] | undefined {
  if (lists === undefined || lists.length === 0) return undefined;
  const asked = lists.flatMap((list) => list.split(",")).map((name) => name.trim());
  for (const name of asked) if (!known.includes(name)) unknown(kind, name, known, listing);
  return asked;
}

async function chooseOne<Thing extends { readonly name: string }>(
  context: Context,
  kind: string,
  flag: string,
  all: readonly Thing[],
  create: string,
  hint: (thing: Thing) => string,
): Promise<string> {
  const [only] = all;
  if (only === undefined) throw new UserError(`There is no ${kind} yet.`, create);
  if (all.length > 1) {
    const choices = all.map((thing) => ({ value: thing.name, label: thing.name, hint: hint(thing) }));
    return await context.prompts.select(`Which ${kind}?`, choices, { flag: `${flag} NAME` });
  }
  context.screen.err(`Using ${kind} '${only.name}'.`);
  return only.name;
}

function unknown(kind: string, name: string, known: readonly string[], listing: string): never {
  throw new UserError(`There is no ${kind} '${name}'${didYouMean(name, known) || "."}`, listing);
}
