import type { Machine } from "./index.ts";
import { BASE_PACKAGES, SYSCTLS, TERMINAL_PACKAGES } from "./settings.ts";
import { shutOut } from "./sshd-access.ts";

/** What a machine said of itself on first contact (files/facts.sh). Outside input: what makes no sense reads as empty. */
export interface MachineFacts {
  readonly os: { readonly id: string; readonly version: string; readonly codename: string };
  readonly systemd: boolean;
  readonly root: boolean;
  readonly architecture: string;
  readonly bootId: string;
  readonly hostname: string;
  readonly cpus: number;
  readonly memoryGiB: number;
  readonly diskGiB: number;
  readonly free: readonly Free[];
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly records: readonly RecordFact[];
  /** Homes that users other than their owners get into. */
  readonly openHomes: readonly string[];
  /** What of `sshd -T` may shut users out: `allowusers` → its patterns. */
  readonly sshd: ReadonlyMap<string, readonly string[]>;
  /** Whether sshd_config reads sshd_config.d. */
  readonly sshdIncludes: boolean;
  /** Programs that hold a lock of apt's. */
  readonly aptLock: readonly string[];
  readonly packages: readonly string[];
  /** By path below /proc/sys. */
  readonly sysctls: ReadonlyMap<string, number>;
  readonly procOptions: readonly string[];
  readonly removeIpc: boolean;
  /** Which files that matter to our steps are there. */
  readonly present: readonly string[];
  readonly hostKeys: readonly string[];
}

/** Free space below a path. `inodes` is undefined where the file system has no fixed number. */
export interface Free {
  readonly path: string;
  readonly mib: number;
  readonly inodes: number | undefined;
}

/** One of our records: `machine`, `admin`, `groups`, `agents`, `workspaces`, `sessions`. */
export interface RecordFact {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

/** The facts from the lines that the script printed; other lines are passed over. */
export function parseFacts(text: string): MachineFacts {
  const said = new Map(text.split("\n").flatMap(fact));
  const lines = (key: string) => (said.get(key) ?? "").split("\n").filter((line) => line !== "");
  const word = (key: string) => lines(key)[0] ?? "";
  return {
    os: { id: word("os"), version: word("os-version"), codename: word("os-codename") },
    systemd: word("systemd") === "yes",
    root: word("uid") === "0",
    architecture: word("architecture"),
    bootId: word("boot-id"),
    hostname: word("hostname"),
    cpus: whole(word("cpus")),
    memoryGiB: Math.round(whole(word("memory-kib")) / 1024 ** 2),
    diskGiB: Math.round(whole(word("disk-kib")) / 1024 ** 2),
    free: lines("free").map(free),
    users: lines("users").map((line) => line.split(":")[0] ?? ""),
    groups: lines("groups"),
    records: [...said].flatMap(record),
    openHomes: lines("open-homes"),
    sshd: gathered(lines("sshd")),
    sshdIncludes: whole(word("sshd-includes")) > 0,
    aptLock: lines("apt-lock"),
    packages: lines("packages"),
    sysctls: new Map(lines("sysctls").map((line) => [line.replace(/=.*/, ""), whole(line.replace(/.*=/, ""))])),
    procOptions: word("proc-options").split(","),
    removeIpc: word("remove-ipc") !== "b false",
    present: lines("present"),
    hostKeys: lines("host-keys").filter((line) => /^(ssh|ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( |$)/.test(line)),
  };
}

function fact(line: string): readonly (readonly [string, string])[] {
  const [mark, key, value] = line.split("\t");
  if (mark !== "@fact" || key === undefined || value === undefined) return [];
  return [[key, Buffer.from(value, "base64").toString()]];
}

function whole(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

function free(line: string): Free {
  const [path = "", kib = "", inodes = ""] = line.split(" ");
  return { path, mib: Math.floor(whole(kib) / 1024), inodes: inodes === "-" ? undefined : whole(inodes) };
}

function record([key, text]: readonly [string, string]): readonly RecordFact[] {
  const [, kind, name] = /^record:([a-z]+)\/([a-z0-9_-]+)$/.exec(key) ?? [];
  return kind === undefined || name === undefined ? [] : [{ kind, name, text }];
}

/** `port 22` and `port 2222` as `port` → 22, 2222. */
function gathered(lines: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, readonly string[]>();
  for (const line of lines) {
    const [key = "", ...words] = line.split(" ");
    values.set(key, [...(values.get(key) ?? []), ...words]);
  }
  return values;
}

/** Why a machine cannot be ours, and what helps. */
export interface Refusal {
  readonly message: string;
  readonly next: string;
}

/** Why this machine cannot be adopted as it is; nothing of it has been changed yet. */
export function refusals(
  facts: MachineFacts,
  machine: Machine,
  options: { readonly takeOver: boolean },
): readonly Refusal[] {
  const { os, users, groups, records } = facts;
  const known = (kind: string, name: string) => records.some((one) => one.kind === kind && one.name === name);
  const foreign = [...new Set([...users, ...groups])].filter((name) => isConfined(name) && !known(...owner(name)));
  const ours = records.find(({ kind }) => kind === "machine");
  const free = facts.free.filter(
    ({ path, mib, inodes }) => mib < (path === "/run" ? 8 : 1024) || (inodes ?? ENOUGH_INODES) < ENOUGH_INODES,
  );
  const shut = shutOut(facts.sshd, machine.adminUser);
  const again = `agentworks vm create ${machine.name} --platform ssh --host HOST`;
  return [
    !facts.root &&
      refusal("the login does not become root there", "log in as root, or as a user with sudo: --host root@HOST"),
    (os.id !== "debian" || (os.version !== "12" && os.version !== "13")) &&
      refusal(
        `the machine runs ${os.id === "" ? "an unknown system" : `${os.id} ${os.version}`.trim()}, not Debian 12 or 13`,
        "use a Debian 12 machine",
      ),
    !facts.systemd && refusal("systemd does not run there", "boot the machine with systemd as its init"),
    ours !== undefined &&
      !options.takeOver &&
      !ours.text.includes(`"${machine.installation}"`) &&
      refusal("the machine belongs to another installation of agentworks", `${again} --take-over`),
    foreign.length > 0 &&
      refusal(
        `these users or groups are not ours: ${foreign.join(", ")}`,
        "rename or remove them on the machine: names that begin with agt- and ws- are ours",
      ),
    users.includes(machine.adminUser) &&
      !known("admin", machine.adminUser) &&
      refusal(`the user ${machine.adminUser} exists there and is not ours`, `${again} --admin-username OTHER`),
    ...free.map(({ path, mib }) =>
      refusal(
        `${path} has too little free space (${mib} MiB)`,
        `free 1 GiB and ${ENOUGH_INODES} files there: du -xh ${path} | sort -h | tail`,
      ),
    ),
    shut.length > 0 &&
      refusal(
        `sshd on the machine shuts our users out (AllowUsers, AllowGroups, DenyUsers or DenyGroups): ${shut.join(" ")}`,
        `let ${shut.join(" ")} in, in /etc/ssh/sshd_config there, then: systemctl reload ssh`,
      ),
  ].filter((one) => one !== false);
}

/** What init changes for everybody on an adopted machine: the owner agrees to it first, and `--purge` puts it back. */
export function changes(facts: MachineFacts, machine: Machine): readonly string[] {
  const missing = [...BASE_PACKAGES, ...TERMINAL_PACKAGES, ...shellPackage(machine)].filter(
    (name) => !facts.packages.includes(name),
  );
  const lax = Object.entries(SYSCTLS).filter(([path, least]) => (facts.sysctls.get(path) ?? least) < least);
  const lacks = (path: string) => !facts.present.includes(path);
  const { adminUser, workspacesRoot } = machine;
  return [
    !facts.records.some(({ kind }) => kind === "admin") &&
      `user ${adminUser} is made, with sudo that asks for no password`,
    missing.length > 0 && `packages are installed: ${missing.join(", ")}`,
    lacks("/etc/ssh/sshd_config.d/00-agentworks.conf") &&
      `sshd takes the keys of users agt-* and ws-* from /etc/agentworks alone${facts.sshdIncludes ? "" : " (one line more in sshd_config)"}`,
    lacks("/etc/dbus-1/system.d/agentworks.conf") && "D-Bus denies agents systemd and logind",
    lacks("/etc/systemd/logind.conf.d/agentworks.conf") &&
      facts.removeIpc &&
      "logind keeps a user's shared memory after logout (RemoveIPC=no)",
    !facts.procOptions.includes("hidepid=invisible") &&
      "users see their own processes only (hidepid=invisible; monitoring users after their next restart see all)",
    lax.length > 0 &&
      `kernel settings are raised: ${lax.map(([path, least]) => `${path.replaceAll("/", ".")}=${least}`).join(", ")}`,
    lacks("/etc/agentworks") && "agents are named in cron.deny, and in at.deny where there is one",
    lacks("/etc/agentworks") && `directories: /etc/agentworks, /var/lib/agentworks, /run/agentworks, ${workspacesRoot}`,
  ].filter((line) => line !== false);
}

/** What the owner should know, and may leave so. */
export function warnings(facts: MachineFacts): readonly string[] {
  const { openHomes, aptLock } = facts;
  return [
    openHomes.length > 0 && `agents could look into these homes: ${openHomes.join(", ")} (chmod 700 closes them)`,
    aptLock.length > 0 && `packages are being changed by ${aptLock.join(", ")}: init waits for that`,
  ].filter((line) => line !== false);
}

const ENOUGH_INODES = 20_000;

function refusal(message: string, next: string): Refusal {
  return { message, next };
}

function isConfined(name: string): boolean {
  return name.startsWith("agt-") || name.startsWith("ws-");
}

/** The record that makes a Linux user ours: `agt-claude` is of the agent claude. */
function owner(name: string): [kind: string, name: string] {
  return name.startsWith("agt-") ? ["agents", name.slice(4)] : ["workspaces", name.slice(3)];
}

function shellPackage({ adminShell }: Machine): readonly string[] {
  return [adminShell.replace(/^.*\//, "")];
}
