import type { SessionPlace } from "../../plan/session.ts";
import type { Session } from "../../state/sessions.ts";
import type { State } from "../../state/state.ts";
import type { Workspace } from "../../state/workspaces.ts";

/** Which session it is about, as far as its access to a workspace goes. */
type Asking = Pick<Session, "name" | "agent" | "workspace">;

/** Whether a session has to bring its user's access to its workspace: nothing that is there and stays has brought it yet. */
export function bringsAccess(state: State, session: Asking): boolean {
  const others = siblings(state, session).filter(({ lifecycle }) => lifecycle === "ready");
  return others.length === 0 && !isGranted(state, session);
}

/** Whether a session takes its user's access to its workspace with it: nothing that is there, or on its way, needs it. */
export function takesAccess(state: State, session: Asking): boolean {
  const others = siblings(state, session).filter(({ lifecycle }) => lifecycle !== "deleting");
  return others.length === 0 && !isGranted(state, session);
}

/** Whether another command is about to take the access away. */
export function losesAccess(state: State, session: Asking): boolean {
  const going = siblings(state, session).filter(({ lifecycle }) => lifecycle === "deleting");
  return going.some(({ name, machine }) => state.runs.open(machine).some(({ thing }) => thing === `session:${name}`));
}

/** Where a session runs and as whom, for its plans. */
export function placeOf(
  session: Pick<Session, "linuxUser" | "agent">,
  workspace: Workspace,
  grant: boolean,
): SessionPlace {
  const { linuxUser, agent } = session;
  return { workspace, member: agent === null ? { linuxUser } : { linuxUser, agent }, grant };
}

/** The other sessions of the same agent, or of the admin, in the same workspace. */
function siblings(state: State, { name, agent, workspace }: Asking): readonly Session[] {
  const there = state.sessions.list({ workspaces: [workspace] });
  return there.filter((session) => session.name !== name && session.agent === agent);
}

/** Whether the operator granted it. The admin is in a workspace for its sessions alone. */
function isGranted(state: State, { agent, workspace }: Asking): boolean {
  if (agent === null) return false;
  const grants = state.grants.list({ agents: [agent], workspaces: [workspace] });
  return grants.some(({ kind }) => kind === "explicit");
}
