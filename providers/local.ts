import { spawnChannel } from "./exec.ts";
import type { Transport } from "./transport.ts";

/** This computer as a machine, for the unit tests of the engine: `argv` starts a root bash that reads stdin. */
export function localTransport(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Transport {
  return {
    label: "this computer",
    open: () => spawnChannel(argv, env),
    isTransient: () => false,
    isRefused: () => false,
    explain: (code, stderr) => ({
      message: `bash ended with ${code}: ${stderr.trim()}`,
      next: "look at the message above",
    }),
    interactive: ({ command }) => command,
  };
}
