import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint, MachineRequest } from "../../../providers/provider.ts";
import { sshTransport } from "../../../providers/ssh/transport.ts";
import type { Transport } from "../../../providers/transport.ts";

/**
 * The images of all tests that make machines, kept from run to run. A test whose home is elsewhere makes its `images` a symlink to it.
 */
export const IMAGES = join(
  process.env.AGENTWORKS_TEST_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "agentworks-test"),
  "machine-images",
);

/** What a program did. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(argv: readonly string[], stdin?: string): Promise<Ran> {
  const child = Bun.spawn([...argv], {
    stdin: stdin === undefined ? "ignore" : new Blob([stdin]),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** The same, of what must succeed. */
export async function succeed(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${stderr}`);
  return stdout;
}

/** An event of the driver's. */
export interface Event {
  readonly progress?: string;
  readonly returned?: unknown;
  readonly failed?: string;
  readonly next?: string;
}

export interface Driven {
  readonly pid: number;
  /** All events, once it ended. */
  readonly events: Promise<readonly Event[]>;
  /** When it says this, or ended without. */
  readonly says: (words: RegExp) => Promise<void>;
}

/** A place where the provider runs in processes of its own, as root or as a user without any right. */
export interface Place {
  readonly machines: string;
  readonly images: string;
  /** Its TMPDIR. */
  readonly temporary: string;
  readonly key: string;
  readonly publicKey: string;
  drive(verb: string, ...args: readonly string[]): Driven;
  /** The same to its end: what it returned. */
  ask<T>(verb: string, ...args: readonly string[]): Promise<T>;
}

/** Makes one. `user` is root, or is made for it; what belongs to it is below one directory, which `dispose` takes away. */
export async function place(user: string, images?: string): Promise<Place & AsyncDisposable> {
  const directory = mkdtempSync(join(tmpdir(), "qemu-guest-"));
  await succeed("chmod", "755", directory);
  const home = user === "root" ? directory : await makeUser(user, directory);
  const program = await bundle(directory);
  const own = { machines: join(home, "machines"), images: images ?? join(home, "images") };
  const key = join(directory, "key");
  await succeed("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", key);
  const temporary = join(directory, "tmp");
  mkdirSync(temporary);
  await succeed("chmod", "1777", temporary);
  const become = ["setpriv", `--reuid=${user}`, "--regid", await group(user), "--init-groups", "--reset-env"].concat([
    "env",
    `TMPDIR=${temporary}`,
  ]);
  const drive = (verb: string, ...args: readonly string[]) =>
    started([...become, ...program, own.machines, own.images, verb, ...args]);
  return {
    ...own,
    temporary,
    ...{ key, publicKey: readFileSync(`${key}.pub`, "utf8").trim(), drive },
    ask: async <T>(verb: string, ...args: readonly string[]) => {
      const last = (await drive(verb, ...args).events).at(-1);
      if (last === undefined || !("returned" in last || last.failed === undefined))
        throw new Error(JSON.stringify(last));
      return last.returned as T;
    },
    [Symbol.asyncDispose]: async () => {
      await endMachines(own.machines);
      rmSync(directory, { recursive: true });
      if (user !== "root") await succeed("userdel", "--force", user);
    },
  };
}

async function makeUser(user: string, directory: string): Promise<string> {
  const home = join(directory, "home");
  await run(["userdel", "--force", user]);
  await succeed("useradd", "--create-home", "--key", "HOME_MODE=0700", "--home-dir", home, user);
  return home;
}

async function group(user: string): Promise<string> {
  return (await succeed("id", "-g", user)).trim();
}

/** The driver as one file, and its runtime, where any user can run them. */
async function bundle(directory: string): Promise<readonly string[]> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "driver.ts")],
    target: "bun",
    outdir: directory,
  });
  if (!built.success) throw new Error(built.logs.join("\n"));
  cpSync(process.execPath, join(directory, "bun"));
  await succeed("chmod", "755", join(directory, "bun"), join(directory, "driver.js"));
  return [join(directory, "bun"), join(directory, "driver.js")];
}

function started(argv: readonly string[]): Driven {
  const child = Bun.spawn([...argv], { cwd: "/", stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const events: Event[] = [];
  const heard: (() => void)[] = [];
  const listen = async () => {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const bytes of child.stdout) {
      const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split("\n");
      rest = lines.pop() ?? "";
      events.push(...lines.map((line) => JSON.parse(line) as Event));
      for (const wake of heard) wake();
    }
    const stderr = await child.stderr.text();
    if (stderr !== "") events.push({ failed: stderr });
    return events;
  };
  const ended = listen();
  const says = async (words: RegExp) => {
    const said = () => events.some(({ progress }) => progress !== undefined && words.test(progress));
    let over = false;
    void ended.then(() => {
      over = true;
    });
    while (!said() && !over) await Bun.sleep(20);
    if (!said()) throw new Error(`it never said ${words}: ${JSON.stringify(events)}`);
  };
  return { pid: child.pid, events: ended, says };
}

/** Ends the QEMUs whose disks are here: of a test that failed. */
async function endMachines(machines: string): Promise<void> {
  for (const pid of pidsWith(`${machines}/`)) process.kill(Number(pid), "SIGKILL");
  await Bun.sleep(100);
}

/** The processes that have this on their command line. */
export function pidsWith(words: string): readonly string[] {
  return readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(words);
    } catch {
      return false; // it ended meanwhile
    }
  });
}

/** The request of the tests' machines. */
export function request(name: string, at: Place, image = "build"): MachineRequest {
  return { name, cpus: 2, memory: 1, disk: 4, image, publicKeys: [at.publicKey] };
}

/** A shell on a machine, by what the provider said of it. */
export interface Shell {
  readonly transport: Transport;
  /** A command as a user who has the key. */
  ssh(user: string, command: string): Promise<Ran>;
  /** What root's script prints; it must succeed. */
  on(script: string): Promise<string>;
}

export function shell({ host, port, hostKeys }: Endpoint, at: Place): Shell {
  const knownHosts = join(at.key, "..", "known_hosts");
  writeFileSync(knownHosts, hostKeys.map((line) => `guest ${line}\n`).join(""));
  const destination = { host, port, user: "root" };
  const transport = sshTransport({
    ...{ destination, identity: at.key, knownHosts, alias: "guest", config: "/dev/null" },
    ...{ become: "root", machine: "guest", env: process.env },
  });
  const options = ["-F", "none", "-i", at.key, "-p", String(port), "-o", `UserKnownHostsFile=${knownHosts}`].concat(
    ["BatchMode=yes", "HostKeyAlias=guest", "StrictHostKeyChecking=yes", "LogLevel=ERROR"].flatMap((option) => [
      "-o",
      option,
    ]),
  );
  const ssh = (user: string, command: string) => run(["ssh", ...options, `${user}@${host}`, command]);
  const on = async (script: string) => {
    const { code, stdout, stderr } = await run(["ssh", ...options, `root@${host}`, "bash -euo pipefail -s"], script);
    if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stdout}${stderr}`);
    return stdout;
  };
  return { transport, ssh, on };
}

/** The built image for a user who has a cache of their own: there from before, or from now on. */
export async function lendImage(at: Place, user: string): Promise<void> {
  const before = existsSync(IMAGES) ? readdirSync(IMAGES).filter((name) => name.startsWith("debian-12-built-")) : [];
  if (before.length === 0) return;
  mkdirSync(at.images, { recursive: true });
  for (const name of before) await succeed("cp", "-r", "--sparse=always", join(IMAGES, name), at.images);
  await succeed("chown", "-R", `${user}:`, at.images);
}

/** What that user built is kept for the next test. */
export async function keepImage(at: Place): Promise<void> {
  mkdirSync(IMAGES, { recursive: true });
  for (const name of readdirSync(at.images).filter((entry) => entry.startsWith("debian-12-built-"))) {
    if (existsSync(join(IMAGES, name))) continue;
    await succeed("cp", "-r", "--sparse=always", join(at.images, name), join(IMAGES, `.new-${name}`));
    await succeed("chown", "-R", "root:", join(IMAGES, `.new-${name}`));
    await succeed("mv", "-T", join(IMAGES, `.new-${name}`), join(IMAGES, name));
  }
}
