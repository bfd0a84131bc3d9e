import { UserError } from "../errors.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Gives our standard streams to a program until it ends, and returns its exit code (128+n when signal n ended it). It ends with us:
 * at our interrupt, and on Linux, where the kernel tells it, also when we are killed.
 */
export async function handStreams(argv: readonly string[], env: Env, interrupt: AbortSignal): Promise<number> {
  const child = start([...tied(), ...argv], env);
  const stop = () => child.kill("SIGTERM");
  interrupt.addEventListener("abort", stop);
  try {
    return await child.exited;
  } finally {
    interrupt.removeEventListener("abort", stop);
  }
}

function start(argv: readonly string[], env: Env) {
  try {
    return Bun.spawn([...argv], { stdin: "inherit", stdout: "inherit", stderr: "inherit", env: { ...env } });
  } catch (error) {
    throw new UserError(`${argv[0]} could not be started: ${(error as Error).message}`, "install the OpenSSH client");
  }
}

/** The words that make a program end when its parent does. */
function tied(): readonly string[] {
  return process.platform === "linux" && Bun.which("setpriv") !== null ? ["setpriv", "--pdeathsig", "TERM", "--"] : [];
}
