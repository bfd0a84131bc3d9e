import { type HostKey, hostKeyFrom, shownHostKey } from "../../../providers/ssh/host-key.ts";
import type { SshSettings } from "../../../providers/ssh/options.ts";
import { sshTransport } from "../../../providers/ssh/transport.ts";
import type { Context } from "../../context.ts";
import { Cancelled, MachineError, UserError } from "../../errors.ts";
import { writeKnownHosts } from "../../workstation/known-hosts.ts";

/**
 * The host key that is to be pinned for a machine: the one given with --host-key, one that is pinned already, one that the
 * operator's own known_hosts trusts, or one whose fingerprint the operator has looked at. `--yes` does not answer this question.
 */
export async function trustedHostKey(
  context: Context,
  machine: string,
  settings: SshSettings,
  { given, pinned }: { readonly given: string | undefined; readonly pinned: readonly string[] },
): Promise<HostKey> {
  const { key, owner, stderr, code } = await shownHostKey(settings, context.env);
  if (key === undefined) {
    const transport = sshTransport({ ...settings, env: context.env, become: "root", machine });
    const { message, next } = transport.explain(code, stderr);
    throw new MachineError(message, next);
  }
  const { fingerprint } = key;
  const host = settings.destination.host;
  if (given !== undefined) {
    if (given === fingerprint || hostKeyFrom(given).line === key.line) return key;
    throw new UserError(
      `${host} shows the host key ${fingerprint}, not the one given with --host-key.`,
      `look at the key on the machine itself: ssh-keygen -lf /etc/ssh/ssh_host_${key.line.replace(/^(?:ssh-|ecdsa-sha2-)?([a-z0-9]+).*/, "$1")}_key.pub`,
    );
  }
  if (pinned.includes(key.line) || (pinned.length === 0 && owner === "trusts")) return key;
  if (pinned.length > 0) {
    throw new UserError(
      `${host} shows the host key ${fingerprint}, not the one that is pinned for '${machine}'.`,
      `if the machine really has a new key, the command again with --host-key ${fingerprint}`,
    );
  }
  if (owner === "contradicts") {
    throw new UserError(
      `${host} shows the host key ${fingerprint}, but your known_hosts has another one for it.`,
      `if the machine really has a new key: ssh-keygen -R ${host}, then the command again with --host-key ${fingerprint}`,
    );
  }
  context.screen.err(`The host key of ${host} is ${key.line.split(" ")[0]} ${fingerprint}.`);
  if (!(await askToTrust(context, fingerprint))) throw new Cancelled();
  return key;
}

/** Asked on a terminal alone: nothing else has seen the fingerprint. */
async function askToTrust(context: Context, fingerprint: string): Promise<boolean> {
  const choices = [
    { value: "no" as const, label: "no, stop here" },
    { value: "yes" as const, label: "yes, this is the machine" },
  ];
  return (
    (await context.prompts.select("Is this the machine's key?", choices, { flag: `--host-key ${fingerprint}` })) ===
    "yes"
  );
}

/** Pins host keys for a machine and writes our known_hosts file. */
export function pinHostKeys(context: Context, machine: string, keys: readonly string[]): void {
  const { machines } = context.state();
  if (machines.find(machine) !== null) machines.update(machine, { hostKeys: keys });
  const known = machines.list().filter(({ name }) => name !== machine);
  writeKnownHosts(context.home.knownHosts, [...known, { name: machine, hostKeys: keys }]);
}

/** Forgets a machine's host keys. */
export function forgetHostKeys(context: Context, machine: string): void {
  const known = context.state().machines.list();
  writeKnownHosts(
    context.home.knownHosts,
    known.filter(({ name }) => name !== machine),
  );
}
