import { type Step, step } from "../step.ts";
import adminAccountText from "./admin-account.sh" with { type: "text" };
import adminSudoText from "./admin-sudo.sh" with { type: "text" };
import dbusText from "./dbus.sh" with { type: "text" };
import directoriesText from "./directories.sh" with { type: "text" };
import fenceText from "./fence.sh" with { type: "text" };
import dbusPolicy from "./files/dbus.conf" with { type: "text" };
import fenceUnit from "./files/fence.conf" with { type: "text" };
import hostKeysSetting from "./files/host-keys.conf" with { type: "text" };
import localeSetting from "./files/locale.conf" with { type: "text" };
import logindSetting from "./files/logind.conf" with { type: "text" };
import polkitRule from "./files/polkit.conf" with { type: "text" };
import procUnit from "./files/proc.conf" with { type: "text" };
import rootLoginSetting from "./files/root-login.conf" with { type: "text" };
import sshdSetting from "./files/sshd.conf" with { type: "text" };
import sysctlSetting from "./files/sysctl.conf" with { type: "text" };
import tmpfilesSetting from "./files/tmpfiles.conf" with { type: "text" };
import groupsText from "./groups.sh" with { type: "text" };
import hostKeysText from "./host-keys.sh" with { type: "text" };
import hostnameText from "./hostname.sh" with { type: "text" };
import hostsText from "./hosts.sh" with { type: "text" };
import keepText from "./keep.sh" with { type: "text" };
import keepHostKeysText from "./keep-host-keys.sh" with { type: "text" };
import localeText from "./locale.sh" with { type: "text" };
import logindText from "./logind.sh" with { type: "text" };
import operatorKeysText from "./operator-keys.sh" with { type: "text" };
import packagesText from "./packages.sh" with { type: "text" };
import polkitText from "./polkit.sh" with { type: "text" };
import procText from "./proc.sh" with { type: "text" };
import recordText from "./record.sh" with { type: "text" };
import rootLoginText from "./root-login.sh" with { type: "text" };
import schedulersText from "./schedulers.sh" with { type: "text" };
import {
  BASE_PACKAGES,
  FENCED_RESOLVERS,
  GROUPS,
  SEERS,
  SSHD_EFFECTIVE,
  SYSCTLS,
  TERMINAL_PACKAGES,
} from "./settings.ts";
import shellText from "./shell.sh" with { type: "text" };
import sshdText from "./sshd.sh" with { type: "text" };
import swapText from "./swap.sh" with { type: "text" };
import sysctlText from "./sysctl.sh" with { type: "text" };

/** What a machine shall be like. */
export interface Machine {
  readonly name: string;
  readonly adminUser: string;
  /** A shell's name or path; its package has the same name. */
  readonly adminShell: string;
  /** It has an owner, and keeps everything of theirs. */
  readonly adopted: boolean;
  /** Of a machine that we made. */
  readonly hostname?: string;
  /** Of a machine that we made; 0 is none. */
  readonly swapGiB?: number;
  /** Of a machine that we made: addresses that agents must not reach. */
  readonly fenced?: readonly string[];
  readonly workspacesRoot: string;
  /** Lines for authorized_keys: the operator's key, then the extra ones. */
  readonly operatorKeys: readonly string[];
  /** Which agentworks the machine belongs to. */
  readonly installation: string;
  /** What our records on the machine say: one line of JSON that names the installation. */
  readonly record: string;
}

const sysctlLines = Object.entries(SYSCTLS).map(([path, least]) => `${path}=${least}`);

/** Our record of the machine, before anything else. A record of another installation is refused, or taken over. */
export const record = (machine: Machine, takeOver: boolean): Step =>
  step(
    "machine/record",
    recordText,
    { RECORD: machine.record, INSTALLATION: machine.installation, TAKE_OVER: takeOver },
    { name: "record of the machine" },
  );

/** What an adopted machine's owner has in the places that we change. */
export const keep = (): Step =>
  step("machine/keep", keepText, { SYSCTLS: sysctlLines }, { name: "the owner's settings are kept" });

/** The base packages. */
export const packages = (): Step =>
  step("machine/packages", packagesText, { PACKAGES: BASE_PACKAGES }, { name: "base packages", limit: 0 });

/** The descriptions of terminals. */
export const terminfo = (): Step =>
  step(
    "machine/terminfo",
    packagesText,
    { PACKAGES: TERMINAL_PACKAGES },
    { name: "terminal descriptions", limit: 0, fatal: false },
  );

/** The admin's shell. */
export const shell = (machine: Machine): Step =>
  step(
    "machine/shell",
    shellText,
    { SHELL_NAME: machine.adminShell },
    { name: `shell ${machine.adminShell}`, limit: 0, fatal: false },
  );

/** Agents cannot reach these addresses (IPv4 or IPv6, or a net of them), which lead to the computer that the machine runs on. */
export const fence = (addresses: readonly string[]): Step =>
  step(
    "machine/fence",
    fenceText,
    { ADDRESSES: addresses, RESOLVERS: FENCED_RESOLVERS, UNIT: fenceUnit },
    { name: "agents are fenced off from the computer below", limit: 0 },
  );

/** The host name in /etc/hosts. */
export const hosts = (hostname: string): Step =>
  step("machine/hosts", hostsText, { HOST_NAME: hostname }, { name: "host name in /etc/hosts" });

/** The host name. */
export const hostName = (hostname: string): Step =>
  step("machine/hostname", hostnameText, { HOST_NAME: hostname }, { name: `host name ${hostname}` });

/** The swap file. */
export const swap = (gib: number): Step =>
  step("machine/swap", swapText, { SWAP_GIB: gib }, { name: `${gib} GiB of swap`, fatal: false });

/** cloud-init leaves the host keys alone. */
export const keepHostKeys = (): Step =>
  step("machine/keep-host-keys", keepHostKeysText, { CONTENT: hostKeysSetting }, { name: "host keys stay" });

/** Reports the public host keys, one a line. */
export const hostKeys = (): Step => step("machine/host-keys", hostKeysText, {}, { name: "host keys" });

/** The admin's Linux user. */
export const adminAccount = (machine: Machine): Step =>
  step(
    "machine/admin-account",
    adminAccountText,
    { ADMIN_USER: machine.adminUser, SHELL_NAME: machine.adminShell, RECORD: machine.record },
    { name: `admin user ${machine.adminUser}` },
  );

/** The admin's sudo. */
export const adminSudo = (machine: Machine): Step =>
  step("machine/admin-sudo", adminSudoText, { ADMIN_USER: machine.adminUser }, { name: "sudo for the admin" });

/** Who may log in, as the admin and as every agent and workspace user that there is. */
export const operatorKeys = (machine: Machine): Step =>
  step(
    "machine/operator-keys",
    operatorKeysText,
    { ADMIN_USER: machine.adminUser, KEYS: machine.operatorKeys },
    { name: "operator's keys" },
  );

/** Our groups. */
export const groups = (machine: Machine): Step =>
  step("machine/groups", groupsText, { GROUPS_WANTED: GROUPS, RECORD: machine.record }, { name: "groups" });

/** Our directories and the workspaces root. */
export const directories = (machine: Machine): Step =>
  step(
    "machine/directories",
    directoriesText,
    { WORKSPACES_ROOT: machine.workspacesRoot, TMPFILES: tmpfilesSetting },
    { name: "directories" },
  );

/** sshd's settings for agents and workspace users. */
export const sshd = (): Step =>
  step(
    "machine/sshd",
    sshdText,
    { CONTENT: sshdSetting, EFFECTIVE: SSHD_EFFECTIVE },
    { name: "sshd: keys of agents are root's" },
  );

/** Agents are cut off from systemd's and logind's buses. */
export const dbus = (): Step =>
  step("machine/dbus", dbusText, { CONTENT: dbusPolicy }, { name: "D-Bus: systemd tells agents nothing" });

/** Agents are granted nothing by polkit. */
export const polkit = (): Step =>
  step("machine/polkit", polkitText, { CONTENT: polkitRule }, { name: "polkit grants agents nothing" });

/** logind keeps shared memory. */
export const logind = (): Step =>
  step("machine/logind", logindText, { CONTENT: logindSetting }, { name: "logind keeps shared memory" });

/** Neither cron nor at for any agent or workspace user that there is. Belongs behind the making of one, too. */
export const schedulers = (): Step =>
  step("machine/schedulers", schedulersText, {}, { name: "no cron and at for agents" });

/** Other users' processes are hidden. */
export const proc = (): Step =>
  step("machine/proc", procText, { UNIT: procUnit, SEERS }, { name: "other users' processes are hidden" });

/** The kernel's settings. */
export const sysctl = (): Step =>
  step("machine/sysctl", sysctlText, { SYSCTLS: sysctlLines, CONTENT: sysctlSetting }, { name: "kernel settings" });

/** The locale of a machine that we made. */
export const locale = (): Step =>
  step("machine/locale", localeText, { CONTENT: localeSetting }, { name: "locale C.UTF-8", fatal: false });

/** Root's way in is closed, on a machine that we made: the last step, when the admin's is open. */
export const rootLogin = (): Step =>
  step("machine/root-login", rootLoginText, { CONTENT: rootLoginSetting }, { name: "root's login is closed" });
