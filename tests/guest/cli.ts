import { Database } from "bun:sqlite";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../unit/executable.ts";
import type { Guest, GuestUser } from "./harness/guest.ts";

/** What a command came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A command that goes on. */
export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ran>;
  /** What it has said on stderr. */
  said(): string;
  /** Waits until it has said these words on stderr; throws when it ends before. */
  until(words: string | RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
}

/** What a command on a terminal came to. */
export interface Shown {
  readonly code: number;
  readonly shown: string;
  /** How many answers it never asked for. */
  readonly unsent: number;
}

/** An operator: a home of their own, a configuration, and the compiled program. */
export interface Operator extends AsyncDisposable {
  /** AGENTWORKS_HOME. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** The compiled program. */
  readonly program: string;
  /** The same operator with another environment. */
  with(env: Readonly<Record<string, string | undefined>>): Operator;
  run(argv: readonly string[], options?: { readonly stdin?: string }): Promise<Ran>;
  /** As `run`; throws unless it exits with 0. Returns what stdout says. */
  ok(argv: readonly string[]): Promise<string>;
  start(argv: readonly string[]): Running;
  /** On a terminal of its own: each entry of `talk` is sent when the words before it have been shown. */
  onTerminal(argv: readonly string[], talk: readonly (readonly [words: string, answer: string])[]): Promise<Shown>;
  /** `data` of a command's `--json`. */
  json<T>(argv: readonly string[]): Promise<T>;
  /** Rows of the state. */
  rows<T>(sql: string): T[];
}

export interface OperatorOptions {
  /** Lines of config.toml below `[operator]`, and whatever follows. */
  readonly config?: string;
  /** Lines of the operator's ssh_config. */
  readonly sshConfig?: string;
  readonly privateKey?: string;
  /** Another program than the compiled one, with the same commands. */
  readonly program?: string;
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** An operator who has the guest's key. */
export async function operatorOf(guest: Guest | undefined, options: OperatorOptions = {}): Promise<Operator> {
  const directory = await mkdtemp(join(tmpdir(), "agentworks-operator-"));
  const home = join(directory, "agentworks");
  await mkdir(home, { mode: 0o700 });
  const publicKey = guest?.publicKeyPath ?? join(directory, "id_ed25519.pub");
  const privateKey = options.privateKey ?? guest?.privateKeyPath ?? join(directory, "id_ed25519");
  if (guest === undefined) Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", privateKey]);
  const sshConfig = join(home, "ssh_config");
  const ownKnownHosts = `UserKnownHostsFile ${join(home, "own_known_hosts")}\nGlobalKnownHostsFile /dev/null\n`;
  await writeFile(sshConfig, `${options.sshConfig ?? ""}\nHost *\n${ownKnownHosts}`);
  const keys = { ssh_public_key: publicKey, ssh_private_key: privateKey, ssh_config: sshConfig };
  const lines = Object.entries(keys).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  await writeFile(join(home, "config.toml"), `[operator]\n${lines.join("")}${options.config ?? ""}`);
  const own = { PATH: process.env.PATH ?? "", HOME: directory, AGENTWORKS_HOME: home, LANG: "C.UTF-8" };
  return operator(directory, home, { ...own, ...options.env }, options.program ?? executable());
}

function operator(directory: string, home: string, env: Readonly<Record<string, string>>, program: string): Operator {
  const start = (argv: readonly string[], stdin?: string): Running => follow([program, ...argv], env, stdin);
  const self: Operator = {
    home,
    env,
    program,
    with: (changes) => {
      const merged = Object.entries({ ...env, ...changes });
      const kept = merged.filter((entry): entry is [string, string] => entry[1] !== undefined);
      return operator(directory, home, Object.fromEntries(kept), program);
    },
    run: (argv, { stdin } = {}) => start(argv, stdin).ended,
    ok: async (argv) => {
      const { code, stdout, stderr } = await start(argv).ended;
      if (code !== 0) throw new Error(`agentworks ${argv.join(" ")} ended with ${code}:\n${stderr}${stdout}`);
      return stdout;
    },
    start,
    onTerminal: (argv, talk) => converse([program, ...argv], env, talk),
    json: async <T>(argv: readonly string[]) => (JSON.parse(await self.ok([...argv, "--json"])) as { data: T }).data,
    rows: <T>(sql: string) => {
      using database = new Database(join(home, "agentworks.db"), { readonly: true });
      return database.query(sql).all() as T[];
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
  return self;
}

function follow(argv: string[], env: Readonly<Record<string, string>>, stdin?: string): Running {
  const began = performance.now();
  const input = stdin === undefined ? "ignore" : new Blob([stdin]);
  const child = Bun.spawn(argv, { env, stdin: input, stdout: "pipe", stderr: "pipe" });
  let stderr = "";
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of child.stderr) stderr += decoder.decode(chunk, { stream: true });
  })();
  let over = false;
  const ended = (async () => {
    const [stdout, code] = await Promise.all([child.stdout.text(), child.exited, reading]);
    over = true;
    return { code, stdout, stderr, ms: performance.now() - began };
  })();
  return {
    pid: child.pid,
    ended,
    said: () => stderr,
    until: async (words) => {
      const found = () => (typeof words === "string" ? stderr.includes(words) : words.test(stderr));
      while (!found()) {
        if (over) throw new Error(`it ended without saying ${words}:\n${stderr}`);
        await Bun.sleep(2);
      }
    },
    kill: (signal) => child.kill(signal),
  };
}

/** Runs a program on a terminal of its own, to its end: see `onTerminal`. */
export async function converse(
  argv: string[],
  env: Readonly<Record<string, string>>,
  talk: readonly (readonly [string, string])[],
): Promise<Shown> {
  let shown = "";
  let unread = 0;
  const pending = [...talk];
  const decoder = new TextDecoder();
  const child = Bun.spawn(argv, {
    env: { ...env, TERM: "xterm-256color" },
    terminal: {
      cols: 200,
      rows: 50,
      data: (terminal, bytes) => {
        shown += decoder.decode(bytes, { stream: true });
        const [words, answer] = pending[0] ?? [];
        if (words === undefined || answer === undefined || !shown.slice(unread).includes(words)) return;
        unread = shown.length;
        pending.shift();
        // A prompt is drawn a moment before it listens.
        setTimeout(() => terminal.write(answer), 50);
      },
    },
  });
  const code = await child.exited;
  child.terminal?.close();
  return { code, shown, unsent: pending.length };
}

/** `--host` and `--host-key` for a guest. */
export function at(guest: Guest, user: GuestUser | "agentworks" = "root"): string[] {
  return ["--host", `${user}@${guest.host}:${guest.port}`, "--host-key", guest.fingerprint];
}
