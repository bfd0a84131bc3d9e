import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** The name under which a machine's host keys stand in our known_hosts file, whatever its address is. */
export function hostKeyAlias(machine: string): string {
  return `agentworks-${machine}`;
}

/** Writes our known_hosts file anew from what the state knows; whole or not at all. Without any key there is none. */
export function writeKnownHosts(
  path: string,
  machines: readonly { readonly name: string; readonly hostKeys: readonly string[] }[],
): void {
  const lines = machines.flatMap(({ name, hostKeys }) => hostKeys.map((key) => `${hostKeyAlias(name)} ${key}\n`));
  if (lines.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, lines.join(""), { mode: 0o600 });
  renameSync(fresh, path);
}
