import { type Step, step } from "../step.ts";
import cloneText from "./clone.sh" with { type: "text" };
import directoryText from "./directory.sh" with { type: "text" };
import directoryGoneText from "./directory-gone.sh" with { type: "text" };
import grantText from "./grant.sh" with { type: "text" };
import revokeText from "./revoke.sh" with { type: "text" };
import safeDirectoryText from "./safe-directory.sh" with { type: "text" };
import safeDirectoryGoneText from "./safe-directory-gone.sh" with { type: "text" };

/** A project's directory, and the Linux user and group that own it. */
export interface Workspace {
  readonly name: string;
  /** `ws-site`; the group has the same name. */
  readonly linuxUser: string;
  /** Below the machine's workspaces root. */
  readonly path: string;
  readonly repo?: string;
  readonly branch?: string;
  /** Lines for authorized_keys: the operator's key, then the extra ones. */
  readonly keys: readonly string[];
  /** Which agentworks it belongs to. */
  readonly installation: string;
  /** What our record on the machine says: one line of JSON that names the installation. */
  readonly record: string;
}

/** A workspace, as far as its removal takes. */
export type WorkspaceName = Pick<Workspace, "name" | "linuxUser" | "path" | "installation">;
/** A workspace, as far as a grant takes. */
export type WorkspacePlace = Pick<Workspace, "name" | "linuxUser" | "path">;

/** The directory, its owner and its access list. */
export const directory = (workspace: Workspace): Step =>
  step(
    "workspace/directory",
    directoryText,
    {
      WORKSPACE: workspace.name,
      INSTALLATION: workspace.installation,
      RECORD: workspace.record,
      LINUX_USER: workspace.linuxUser,
      DIRECTORY: workspace.path,
    },
    { name: `directory ${workspace.path}`, subject: workspace.name },
  );

/** The repository, cloned as the workspace's user. It takes the time that it takes. */
export const clone = (workspace: WorkspacePlace & { readonly repo: string; readonly branch?: string }): Step =>
  step(
    "workspace/clone",
    cloneText,
    { REPO: workspace.repo, BRANCH: workspace.branch ?? "", DIRECTORY: workspace.path },
    { name: `clone of ${workspace.repo}`, subject: workspace.name, user: workspace.linuxUser, limit: 0 },
  );

/** git works in the workspace for a user. */
export const safeDirectory = (workspace: WorkspacePlace, linuxUser: string): Step =>
  step(
    "workspace/safe-directory",
    safeDirectoryText,
    { DIRECTORY: workspace.path },
    {
      name: `git of ${linuxUser} in ${workspace.name}`,
      subject: `${workspace.name}.${linuxUser}`,
      user: linuxUser,
      limit: 5,
    },
  );

/** git no longer trusts the workspace for a user. The user's own file and programs: no reason to stop, nor to wait. */
export const safeDirectoryGone = (workspace: WorkspacePlace, linuxUser: string): Step =>
  step(
    "workspace/safe-directory-gone",
    safeDirectoryGoneText,
    { DIRECTORY: workspace.path },
    {
      name: `git of ${linuxUser} no longer in ${workspace.name}`,
      subject: `${workspace.name}.${linuxUser}`,
      user: linuxUser,
      fatal: false,
      limit: 2,
    },
  );

/** A user may work in the workspace. */
export const grant = (workspace: WorkspacePlace, linuxUser: string): Step =>
  step(
    "workspace/grant",
    grantText,
    { WORKSPACE: workspace.name, GROUP: workspace.linuxUser, MEMBER: linuxUser },
    { name: `${linuxUser} in workspace ${workspace.name}`, subject: `${workspace.name}.${linuxUser}` },
  );

/** A user may no longer enter the workspace. */
export const revoke = (workspace: WorkspacePlace, linuxUser: string): Step =>
  step(
    "workspace/revoke",
    revokeText,
    { GROUP: workspace.linuxUser, MEMBER: linuxUser },
    { name: `${linuxUser} no longer in workspace ${workspace.name}`, subject: `${workspace.name}.${linuxUser}` },
  );

/** The directory goes. Sessions in it must be gone. */
export const directoryGone = (workspace: WorkspaceName): Step =>
  step(
    "workspace/directory-gone",
    directoryGoneText,
    { WORKSPACE: workspace.name, INSTALLATION: workspace.installation, DIRECTORY: workspace.path },
    { name: `directory ${workspace.path} is gone`, subject: workspace.name, limit: 0 },
  );
