import type { Channel } from "./transport.ts";

/** What another program did. A death by signal n is 128+n. */
export interface Execution {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface ExecOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin?: string;
  readonly timeoutMs: number;
}

/** Runs a program to its end: argv, never a shell line. A program that is not there is exit 127. */
export async function exec(argv: readonly string[], options: ExecOptions): Promise<Execution> {
  try {
    const child = Bun.spawn([...argv], {
      stdin: options.stdin === undefined ? "ignore" : new Blob([options.stdin]),
      stdout: "pipe",
      stderr: "pipe",
      env: { ...options.env },
      detached: true,
    });
    endWithChildren(child);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      killAll(child);
    }, options.timeoutMs);
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    clearTimeout(timer);
    return { code, stdout, stderr, timedOut };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { code: 127, stdout: "", stderr: `${argv[0]}: not found`, timedOut: false };
  }
}

/**
 * Runs a program to its end with all that it prints in an open file. It has a session of its own and no pipe to us: when we end before
 * it does it goes on to its end, as a package manager must.
 */
export async function execInto(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  file: number,
): Promise<number> {
  try {
    const streams = { stdin: "ignore", stdout: file, stderr: file } as const;
    return await Bun.spawn([...argv], { ...streams, env: { ...env }, detached: true }).exited;
  } catch (error) {
    if (!isMissing(error)) throw error;
    return 127;
  }
}

/**
 * Starts a program that we talk with. It has a session of its own (setsid): the terminal's Ctrl-C is for us to handle, not for
 * the ssh that carries the word. A program that is not there is exit 127, as with `exec`.
 */
export function spawnChannel(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Channel {
  try {
    const child = Bun.spawn([...argv], {
      stdin: "pipe",
      stdout: "pipe",
      stderr: "pipe",
      env: { ...env },
      detached: true,
    });
    endWithChildren(child);
    return {
      async write(bytes) {
        try {
          child.stdin.write(bytes);
          await child.stdin.flush();
        } catch (error) {
          // The other side has gone: its exit code and stderr say why.
          if (!isBrokenPipe(error)) throw error;
        }
      },
      end: () => void child.stdin.end(),
      stdout: child.stdout,
      stderr: child.stderr,
      exited: child.exited,
      kill: () => killAll(child),
    };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return missing(`${argv[0]}: not found\n`);
  }
}

/** The channel of a program that is not there. */
function missing(words: string): Channel {
  return {
    write: () => Promise.resolve(),
    end: () => {},
    stdout: new Blob([]).stream(),
    stderr: new Blob([words]).stream(),
    exited: Promise.resolve(127),
    kill: () => {},
  };
}

/** What a program leaves behind when it ends (a part of a ProxyCommand) ends with it: it would hold our pipes for ever. */
function endWithChildren(child: Bun.Subprocess): void {
  void child.exited.then(() => killGroup(child.pid));
}

/** Kills a program with its children. */
function killAll({ pid, exitCode }: Bun.Subprocess): void {
  if (exitCode === null) killGroup(pid);
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    // ESRCH: all of it has ended. EPERM: what is left runs as another user (sudo), and is not ours to end.
    if (!["ESRCH", "EPERM"].includes((error as { code?: string }).code ?? "")) throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as { code?: string }).code === "ENOENT";
}

function isBrokenPipe(error: unknown): boolean {
  return ["EPIPE", "ECONNRESET", "ERR_STREAM_DESTROYED", "ERR_INVALID_STATE"].includes(
    (error as { code?: string }).code ?? "",
  );
}
