import { existsSync } from "node:fs";
import { join } from "node:path";
import type { SshSettings } from "../../../providers/ssh/options.ts";
import { sshTransport } from "../../../providers/ssh/transport.ts";
import type { Transport } from "../../../providers/transport.ts";
import type { Config } from "../../config/schema.ts";
import type { Context } from "../../context.ts";
import type { Machine } from "../../state/machines.ts";
import { hostKeyAlias } from "../../workstation/known-hosts.ts";

/** What a login needs to know of a machine. */
type Place = Pick<Machine, "name"> & Partial<Pick<Machine, "address" | "host" | "port">>;

/** How a machine is logged in to as `user` (as whom ssh's own configuration says when it is null): the operator's key, our known_hosts, strictly. */
export function sshSettings(context: Context, machine: Place, user: string | null): SshSettings {
  const config = context.config();
  const file = ownSshConfig(config, context.env);
  return {
    destination: {
      host: machine.address ?? machine.host ?? machine.name,
      ...(machine.port ? { port: machine.port } : {}),
      ...(user === null ? {} : { user }),
    },
    identity: identity(config),
    knownHosts: context.home.knownHosts,
    alias: hostKeyAlias(machine.name),
    ...(file === undefined ? {} : { config: file }),
  };
}

/** bash as root on a machine, through its admin. */
export function adminTransport(context: Context, machine: Machine): Transport {
  const settings = sshSettings(context, machine, machine.adminUser);
  return sshTransport({ ...settings, env: context.env, become: "sudo", machine: machine.name });
}

/** The login by which the owner, or the platform, let us in: it is there before our admin. */
export function ownerSettings(context: Context, machine: Machine): SshSettings {
  return sshSettings(context, { ...machine, address: null }, machine.loginUser);
}

/** Whether a machine is entered as its admin: ours has proved itself, or closed the login by which we came. */
export function isAdminIn({ provisioning, adopted, init, loginUser }: Machine): boolean {
  return provisioning === "complete" || (!adopted && (loginUser === null || init === "complete" || init === "partial"));
}

/** bash as root on a machine in whatever state it is: as the owner or the platform let us in, until our admin has proved itself. */
export function wayIn(context: Context, machine: Machine): Transport {
  if (isAdminIn(machine)) return adminTransport(context, machine);
  const become = machine.loginUser === "root" ? "root" : "sudo";
  return sshTransport({ ...ownerSettings(context, machine), env: context.env, become, machine: machine.name });
}

/** A key that only an ssh agent has is named by its public half. */
function identity({ operator }: Config): string {
  return existsSync(operator.sshPrivateKey) ? operator.sshPrivateKey : operator.sshPublicKey;
}

/** `operator.ssh_config` when it is not the file that ssh reads by itself. */
function ownSshConfig(config: Config, env: Context["env"]): string | undefined {
  const { sshConfig } = config.operator;
  if (sshConfig === join(env.HOME ?? "", ".ssh", "config")) return undefined;
  return existsSync(sshConfig) ? sshConfig : undefined;
}
