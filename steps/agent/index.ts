import { type Step, step } from "../step.ts";
import accountText from "./account.sh" with { type: "text" };
import keysText from "./keys.sh" with { type: "text" };
import sliceText from "./slice.sh" with { type: "text" };
import userGoneText from "./user-gone.sh" with { type: "text" };

/** What all sessions and logins of an agent may use together. */
export interface Limits {
  /** GiB. */
  readonly memory?: number;
  readonly cpus?: number;
  /** Processes and threads. */
  readonly tasks?: number;
}

/** A Linux user that an AI works as. */
export interface Agent {
  readonly name: string;
  /** `agt-claude`. */
  readonly linuxUser: string;
  /** A shell's name or path; it is installed. */
  readonly shell: string;
  /** Lines for authorized_keys: the operator's key, then the extra ones. */
  readonly keys: readonly string[];
  readonly limits?: Limits;
  /** Which agentworks it belongs to. */
  readonly installation: string;
  /** What our record on the machine says: one line of JSON that names the installation. */
  readonly record: string;
}

/** Who is to be removed: an agent, as far as that takes. */
export type AgentName = Pick<Agent, "name" | "linuxUser" | "installation">;

/** The kind of record, and what stands in it, of a Linux user of ours. */
export interface Account {
  readonly kind: "agents" | "workspaces";
  readonly name: string;
  readonly linuxUser: string;
  readonly installation: string;
}

const AGENTS_GROUP = "agentworks-agents";
/** Who is in one of these is root. */
const ROOT_GROUPS = ["root", "sudo", "docker", "lxd", "incus", "incus-admin", "libvirt", "disk", "shadow", "kmem"];
/** Enough for a build on many cores; a loop that forks ends here. */
const DEFAULT_TASKS = 4096;

/** A Linux user of ours, with its group and home. Reports its uid. */
export const userAccount = (
  account: Account & { readonly record: string; readonly shell: string; readonly groups: readonly string[] },
): Step =>
  step(
    "agent/account",
    accountText,
    {
      KIND: account.kind,
      THING: account.name,
      INSTALLATION: account.installation,
      RECORD: account.record,
      LINUX_USER: account.linuxUser,
      LOGIN_SHELL: account.shell,
      MEMBER_OF: account.groups,
      NEVER_IN: ROOT_GROUPS,
    },
    { name: `user ${account.linuxUser}`, subject: account.linuxUser },
  );

/** The agent's Linux user. Reports its uid. */
export const account = (agent: Agent): Step => userAccount({ ...agent, kind: "agents", groups: [AGENTS_GROUP] });

/** Who may log in as a user of ours. */
export const keys = (user: { readonly linuxUser: string; readonly keys: readonly string[] }): Step =>
  step(
    "agent/keys",
    keysText,
    { LINUX_USER: user.linuxUser, KEYS: user.keys },
    { name: `keys of ${user.linuxUser}`, subject: user.linuxUser },
  );

/** What the agent may use. */
export const slice = (agent: Agent): Step =>
  step(
    "agent/slice",
    sliceText,
    {
      LINUX_USER: agent.linuxUser,
      MEMORY_MAX: agent.limits?.memory === undefined ? "infinity" : Math.round(agent.limits.memory * 2 ** 30),
      // With a limit swap would only put off its end, and slow everybody down.
      SWAP_MAX: agent.limits?.memory === undefined ? "infinity" : 0,
      CPU_QUOTA: agent.limits?.cpus === undefined ? "" : `${Math.round(agent.limits.cpus * 100)}%`,
      TASKS_MAX: agent.limits?.tasks ?? DEFAULT_TASKS,
    },
    { name: `limits of ${agent.linuxUser}`, subject: agent.linuxUser },
  );

/** A Linux user of ours goes, with all it has. Its sessions must be gone. */
export const userGone = (account: Account): Step =>
  step(
    "agent/user-gone",
    userGoneText,
    {
      KIND: account.kind,
      THING: account.name,
      INSTALLATION: account.installation,
      LINUX_USER: account.linuxUser,
    },
    { name: `user ${account.linuxUser} is gone`, subject: account.linuxUser, limit: 600 },
  );
