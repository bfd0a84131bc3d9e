import { homedir } from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import { homeFrom } from "../home.ts";
import { camelKeys } from "./camel.ts";
import { resolveTemplates } from "./inherit.ts";
import { credentialVariable } from "./references.ts";
import type { Config, configFile, Operator } from "./schema.ts";
import * as templates from "./templates.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Written = z.output<typeof configFile>;

/** A path of the configuration, absolute: `~` is the operator's home, a relative one starts beside the file. */
export function expandPath(path: string, file: string, env: Env): string {
  if (path === "~" || path.startsWith("~/")) return join(env.HOME ?? homedir(), path.slice(2));
  return isAbsolute(path) ? path : join(resolve(dirname(file)), path);
}

/** The configuration as the product uses it, from a file that passed every check. */
export function resolveConfig(written: Written, file: string, env: Env): Config {
  const local = (path: string) => expandPath(path, file, env);
  const { vm_workspaces, vscode_workspaces, backups } = written.paths;
  return {
    file,
    operator: operatorPaths(camelKeys(written.operator), local),
    paths: {
      vmWorkspaces: vm_workspaces,
      vscodeWorkspaces: local(vscode_workspaces),
      backups: backups === undefined ? join(homeFrom(env).directory, "backups") : local(backups),
    },
    defaults: camelKeys(written.defaults),
    templates: {
      vm: resolveTemplates(templates.vmTemplate, written.vm_templates ?? {}),
      agent: resolveTemplates(templates.agentTemplate, written.agent_templates ?? {}),
      workspace: resolveTemplates(templates.workspaceTemplate, written.workspace_templates ?? {}),
      session: resolveTemplates(templates.sessionTemplate, written.session_templates ?? {}),
    },
    adminConfig: camelKeys(written.admin.config),
    sessionConfig: camelKeys(written.session.config),
    gitCredentials: byName(written.git_credentials, (entry, name) => ({
      ...camelKeys(entry),
      name,
      envName: credentialVariable(name),
    })),
    secrets: byName(written.secrets, (entry, name) => ({ ...camelKeys(entry), name })),
    catalog: {
      allowUnverified: written.catalog.allow_unverified,
      aptSources: byName(written.apt_sources, camelKeys),
      aptPackages: byName(written.apt_packages, camelKeys),
      systemInstallCommands: byName(written.system_install_commands, camelKeys),
      userInstallCommands: byName(written.user_install_commands, camelKeys),
    },
    azure: written.azure && camelKeys(written.azure),
    proxmox: written.proxmox && camelKeys(written.proxmox),
    qemu: camelKeys(written.qemu),
    tailscale: camelKeys(written.tailscale),
  };
}

function operatorPaths(operator: Operator, local: (path: string) => string): Operator {
  return {
    ...operator,
    sshPublicKey: local(operator.sshPublicKey),
    sshPrivateKey: local(operator.sshPrivateKey),
    sshConfig: local(operator.sshConfig),
    extraSshPublicKeys: operator.extraSshPublicKeys.map(local),
  };
}

function byName<Entry, Value>(
  entries: Readonly<Record<string, Entry>>,
  value: (entry: Entry, name: string) => Value,
): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries).map(([name, entry]) => [name, value(entry, name)]));
}
