import { keys, userAccount, userGone } from "../../steps/agent/index.ts";
import { schedulers } from "../../steps/machine/index.ts";
import { gone } from "../../steps/session/index.ts";
import type { Plan, Step } from "../../steps/step.ts";
import {
  clone,
  directory,
  directoryGone,
  grant,
  revoke,
  safeDirectory,
  safeDirectoryGone,
  type Workspace,
  type WorkspaceName,
  type WorkspacePlace,
} from "../../steps/workspace/index.ts";

/** Who is granted or revoked: an agent, or the admin, for whom git trusts no workspace. */
export interface Member {
  readonly linuxUser: string;
  /** Undefined: the admin. */
  readonly agent?: string;
}

/** A workspace is made, with its repository if it has one. */
export function createWorkspacePlan(workspace: Workspace): Plan {
  const { repo } = workspace;
  return {
    operation: `workspace create ${workspace.name}`,
    locks: [`workspace-${workspace.name}`],
    exclusive: false,
    steps: [
      userAccount({ ...workspace, kind: "workspaces", shell: "bash", groups: [] }),
      schedulers(),
      keys(workspace),
      directory(workspace),
      safeDirectory(workspace, workspace.linuxUser),
      ...(repo === undefined ? [] : [clone({ ...workspace, repo })]),
    ],
  };
}

/** A workspace goes, the sessions in it before. It also undoes what a create has made so far. */
export function deleteWorkspacePlan(
  workspace: WorkspaceName,
  holds: { readonly sessions: readonly string[]; readonly agents: readonly Member[] },
): Plan {
  const { sessions, agents } = holds;
  return {
    operation: `workspace delete ${workspace.name}`,
    locks: [`workspace-${workspace.name}`, ...sessions.map((name) => `session-${name}`)],
    exclusive: false,
    steps: [
      ...sessions.map((name) => gone({ name, installation: workspace.installation })),
      ...agents.map(({ linuxUser }) => safeDirectoryGone(workspace, linuxUser)),
      directoryGone(workspace),
      userGone({ ...workspace, kind: "workspaces" }),
    ],
  };
}

/** A member may work in a workspace. */
export function grantPlan(workspace: WorkspacePlace, member: Member): Plan {
  return {
    operation: `agent grant ${member.linuxUser} ${workspace.name}`,
    locks: memberLocks(workspace, member),
    exclusive: false,
    steps: grantSteps(workspace, member),
  };
}

/** A member may no longer work in a workspace. It also undoes a grant. */
export function revokePlan(workspace: WorkspacePlace, member: Member): Plan {
  return {
    operation: `agent deny ${member.linuxUser} ${workspace.name}`,
    locks: memberLocks(workspace, member),
    exclusive: false,
    steps: revokeSteps(workspace, member),
  };
}

/** The steps of a grant, for a plan that needs it on the way. */
export const grantSteps = (workspace: WorkspacePlace, member: Member): Step[] => [
  grant(workspace, member.linuxUser),
  ...(member.agent === undefined ? [] : [safeDirectory(workspace, member.linuxUser)]),
];

/** The steps that undo a grant. */
export const revokeSteps = (workspace: WorkspacePlace, member: Member): Step[] => [
  revoke(workspace, member.linuxUser),
  ...(member.agent === undefined ? [] : [safeDirectoryGone(workspace, member.linuxUser)]),
];

function memberLocks(workspace: WorkspacePlace, { agent }: Member): string[] {
  return [`workspace-${workspace.name}`, ...(agent === undefined ? [] : [`agent-${agent}`])];
}
