import type { Context } from "../context.ts";

/** Says what a new grant means where several agents share a workspace. */
export function sayShared(context: Context, workspace: string, agents: readonly string[]): void {
  if (agents.length < 2) return;
  context.screen.err(
    `Workspace '${workspace}' is shared by ${agents.join(", ")}: agents that share a workspace can make each other run code, so each trusts the others.`,
  );
}

/** The agents that may work in a workspace. */
export function agentsIn(context: Context, workspace: string): readonly string[] {
  return [
    ...new Set(
      context
        .state()
        .grants.list({ workspaces: [workspace] })
        .map(({ agent }) => agent),
    ),
  ];
}
