import type { Context } from "../../context.ts";
import type { Machine } from "../../state/machines.ts";

/** What goes with a machine, by name. */
export interface Contents {
  readonly workspaces: readonly string[];
  readonly agents: readonly string[];
  readonly sessions: readonly string[];
}

/** What a machine holds. */
export function contentsOf(context: Context, { name }: Pick<Machine, "name">): Contents {
  const state = context.state();
  const mine = { machines: [name] };
  return {
    workspaces: state.workspaces.list(mine).map((workspace) => workspace.name),
    agents: state.agents.list(mine).map((agent) => agent.name),
    sessions: state.sessions.list(mine).map((session) => session.name),
  };
}

/** Whether nothing is held. */
export function isEmpty(contents: Contents): boolean {
  return Object.values(contents).every((names) => names.length === 0);
}
