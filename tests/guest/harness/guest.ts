import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

const script = join(import.meta.dir, "guest.sh");

export interface GuestOptions {
  readonly release?: "bookworm" | "trixie";
  /** "bare" is a plain Debian server, "warm" (the default) has the packages that our init installs. */
  readonly variant?: "warm" | "bare";
  /** The port of sshd, 22 unless told. */
  readonly port?: number;
}

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The accounts that may log in with the guest's key: root; `owner`, whose sudo asks nothing; `carol`, whose sudo asks
 * for `carolPassword`; `plain`, who has no sudo.
 */
export type GuestUser = "root" | "owner" | "carol" | "plain";
export const carolPassword = "sudo-secret";

/** A Debian machine with systemd and sshd, reached as any other machine is. */
export interface Guest extends AsyncDisposable {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** The address at which the guest reaches servers of the test. */
  readonly gateway: string;
  readonly directory: string;
  readonly privateKeyPath: string;
  readonly publicKeyPath: string;
  /** A known_hosts file with the guest's host key, and its line. */
  readonly knownHostsPath: string;
  readonly hostKeyLine: string;
  /** Of the host key, as ssh-keygen -l prints it: SHA256:… */
  readonly fingerprint: string;
  /** The argv of a real ssh to the guest. */
  sshArgv(user: GuestUser, ...rest: readonly string[]): string[];
  /** Runs a program in the guest as root, not through ssh. */
  exec(argv: readonly string[], options?: { readonly stdin?: string | Uint8Array }): Promise<Result>;
  /** The same for a bash script, under `set -euo pipefail`. */
  bash(script: string): Promise<Result>;
  readFile(path: string): Promise<string>;
  /** A place in the sshd log, for what is counted after it. */
  mark(): Promise<JournalMark>;
  /** How many logins by key sshd accepted since the mark, or since the guest was made. */
  acceptedLogins(since?: JournalMark): Promise<number>;
  /** The sshd log since the mark. */
  sshdLog(since?: JournalMark): Promise<string[]>;
  reboot(): Promise<void>;
  /** Waits until ssh answers: after a reboot that the guest did by itself. */
  ready(): Promise<void>;
  /** Powers the guest off; its disk, address and keys stay. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Removes the guest and everything of it. May be repeated. */
  dispose(): Promise<void>;
}

/** Lines, not a cursor of the journal: systemd 252 gives wrong ones when users have journals too. */
export interface JournalMark {
  readonly sshdLines: number;
}

/** Why no guest can run on this machine, in a line; undefined when one can. */
export function whyNoGuests(): string | undefined {
  const { exitCode, stderr } = Bun.spawnSync(["bash", script, "check"], { stdin: "ignore", stdout: "ignore" });
  return exitCode === 0 ? undefined : stderr.toString().trim();
}

/** Removes what is left of guests whose test run ended without doing so. They died with it: this is about files. */
export async function sweepGuests(): Promise<void> {
  await harness("sweep");
}

export async function bootGuest({ release, variant, port }: GuestOptions = {}): Promise<Guest> {
  await sweepGuests();
  const name = `test-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  const facts = await harness(
    "boot",
    ...[name, String(port ?? 22), "--owner", String(process.pid)],
    ...(release === undefined ? [] : ["--release", release]),
    ...(variant === undefined ? [] : ["--variant", variant]),
  );
  const guest = await access(JSON.parse(facts) as BootFacts);
  const dispose = async () => void (await harness("dispose", name));
  return { ...guest, dispose, [Symbol.asyncDispose]: dispose };
}

/** What `guest.sh boot` prints. */
interface BootFacts {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly gateway: string;
  readonly directory: string;
}

async function access(facts: BootFacts): Promise<Omit<Guest, "dispose" | typeof Symbol.asyncDispose>> {
  const { name, host, port, directory } = facts;
  const [type = "", key = ""] = (await readFile(join(directory, "host_key.pub"), "utf8")).split(" ");
  const hostKeyLine = `${port === 22 ? host : `[${host}]:${port}`} ${type} ${key}`;
  const knownHostsPath = join(directory, "known_hosts");
  const privateKeyPath = join(directory, "id_ed25519");
  await writeFile(knownHostsPath, `${hostKeyLine}\n`);
  const exec: Guest["exec"] = (argv, options) => run(["bash", script, "exec", name, "--", ...argv], options?.stdin);
  return {
    ...facts,
    ...journal(exec),
    privateKeyPath,
    publicKeyPath: `${privateKeyPath}.pub`,
    knownHostsPath,
    hostKeyLine,
    fingerprint: `SHA256:${createHash("sha256").update(key, "base64").digest("base64").replaceAll("=", "")}`,
    sshArgv: (user, ...rest) => [
      ...["ssh", "-F", "none", "-i", privateKeyPath, "-p", String(port)],
      ...["-o", `UserKnownHostsFile=${knownHostsPath}`, "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"],
      ...[`${user}@${host}`, ...rest],
    ],
    exec,
    bash: (text) => exec(["bash", "-euo", "pipefail", "-c", text]),
    readFile: async (path) => succeed(await exec(["cat", "--", path]), path),
    reboot: async () => void (await harness("reboot", name)),
    ready: async () => void (await harness("await", name)),
    stop: async () => void (await harness("stop", name)),
    start: async () => void (await harness("start", name)),
  };
}

function journal(exec: Guest["exec"]): Pick<Guest, "mark" | "acceptedLogins" | "sshdLog"> {
  const sshdLog: Guest["sshdLog"] = async (since) => {
    succeed(await exec(["journalctl", "--sync"]), "journalctl");
    const log = await exec(["journalctl", "--quiet", "--output=cat", "--identifier=sshd", "--identifier=sshd-session"]);
    return succeed(log, "journalctl")
      .split("\n")
      .slice(since?.sshdLines ?? 0, -1);
  };
  return {
    sshdLog,
    acceptedLogins: async (since) =>
      (await sshdLog(since)).filter((line) => line.startsWith("Accepted publickey")).length,
    mark: async () => ({ sshdLines: (await sshdLog()).length }),
  };
}

async function harness(...argv: readonly string[]): Promise<string> {
  return succeed(await run(["bash", script, ...argv]), `guest.sh ${argv[0]}`);
}

function succeed({ code, stdout, stderr }: Result, what: string): string {
  if (code !== 0) throw new Error(`${what} ended with exit code ${code}:\n${stderr}`);
  return stdout;
}

async function run(argv: string[], stdin?: string | Uint8Array): Promise<Result> {
  const input = stdin === undefined ? "ignore" : new Blob([stdin]);
  const child = Bun.spawn(argv, { stdin: input, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}
