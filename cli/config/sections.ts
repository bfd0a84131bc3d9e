import {
  absolutePath,
  amount,
  choice,
  filled,
  list,
  path,
  section,
  table,
  text,
  variableName,
  whole,
  withoutEffect,
  word,
  yesNo,
} from "./fields.ts";
import { NETWORKS } from "./templates.ts";

/** The platforms that machines come from. */
export const PLATFORMS = ["lima", "azure", "wsl2", "proxmox", "qemu", "ssh"] as const;

/** [operator]: the person at this computer. */
export const operator = section({
  ssh_public_key: path("Your public ssh key."),
  ssh_private_key: path("Your private ssh key, used for every connection."),
  ssh_config: path("Your ssh configuration.").default("~/.ssh/config"),
  ssh_config_dir: yesNo("Keep our aliases in a file of their own, which ssh_config includes.").default(true),
  ssh_host_prefix: word(
    "What the aliases of machines start with.",
    /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/,
    'must be letters, digits, ".", "_" and "-", with a letter or digit first',
  ).default("awvm--"),
  extra_ssh_public_keys: list(path("A further public key that may log in.")).default([]),
});

/** [paths]. */
export const paths = section({
  vm_workspaces: absolutePath("Where workspaces are on a machine.").default("/opt/agentworks/workspaces"),
  vscode_workspaces: path("Where VS Code files are kept here.").default("~/aw-vscode-workspaces"),
  backups: path("Where backups are kept here; without it, `backups` beside the state.").optional(),
});

/** [defaults]. */
export const defaults = section({
  platform: choice("Where machines are made when the command does not say.", PLATFORMS).optional(),
  vm_host: filled("The VM host that machines are made on.").optional(),
  network: choice("How machines are reached when the template does not say.", NETWORKS).optional(),
});

/** [session.config]. */
export const sessionConfig = section({
  history_limit: whole("Lines of history that a session keeps.", 1).default(50000),
});

/** [git_credentials.*]. */
export const gitCredential = section({
  type: choice("Which host the credential is for.", ["github", "azdo"]),
  org: filled("The Azure DevOps organisation.").optional(),
  description: text("Shown beside the name.").optional(),
  token_command: filled("A command on this computer that prints the token.").optional(),
  repos: list(filled("A repository that the token is for; without any, all of the host.")).default([]),
});

/** [secrets.*]: where a secret comes from; without a key it is asked for. */
export const secret = section({
  env: variableName.optional(),
  command: filled("A command on this computer that prints the secret.").optional(),
});

/** [azure]. */
export const azure = section({
  subscription_id: filled("The subscription that machines are made in."),
  resource_group: filled("The resource group that machines are made in."),
  region: filled("The region that machines are made in."),
  idle_timeout_hours: withoutEffect(amount("Was never used.", 0).default(2), "machines are not stopped when idle"),
});

/** [proxmox]. */
export const proxmox = section({
  api_url: filled("The API's address, https://HOST:8006."),
  node: filled("The node that machines are made on."),
  token_id: filled("The API token's name, USER@REALM!NAME."),
  template_vmid: whole("The template that machines are cloned from.", 1),
  storage: filled("The storage of their disks.").default("local-lvm"),
  bridge: withoutEffect(text("Was never used.").default("vmbr0"), "the template's network is kept"),
  pool: text("The pool that machines are put in.").default("agentworks"),
  verify_ssl: yesNo("Check the API's certificate.").default(true),
});

/** [qemu]. */
export const qemu = section({
  image: filled('The image to start from: "auto", "debian", "build", a URL or a path.').default("auto"),
});

/** [tailscale]. */
export const tailscale = section({
  auth_key_command: filled("A command on this computer that prints an auth key.").optional(),
  login_server: filled("A control server of your own.").optional(),
  tags: list(word("A tag of the machine.", /^tag:[a-zA-Z][a-zA-Z0-9-]*$/, 'must be "tag:" and a name')).default([]),
});

/** [catalog]. */
export const catalog = section({
  allow_unverified: yesNo("Allow installers that are a script from the network.").default(true),
});

/** [apt_sources.*]: a package source beside the built-in ones. */
export const aptSource = section({
  description: text("What it offers.").optional(),
  key_url: filled("Where its signing key is."),
  key_path: absolutePath("Where the key goes on the machine."),
  key_dearmor: yesNo("The key is ASCII-armoured.").default(false),
  source: filled("The line of the source file."),
  source_file: word(
    "The name of the source file.",
    /^[a-zA-Z0-9][a-zA-Z0-9._-]*$/,
    'must be letters, digits, ".", "_" and "-", with a letter or digit first',
  ),
});

/** [apt_packages.*]: a package set beside the built-in ones. */
export const aptPackageSet = section({
  description: text("What it is.").optional(),
  apt: list(filled("A Debian package.")).default([]),
  apt_sources: list(filled("A package source that it needs.")).default([]),
});

/** [system_install_commands.*] and [user_install_commands.*]: an installer beside the built-in ones. */
export const installer = section({
  description: text("What it installs.").optional(),
  command: filled("The command that installs it."),
  path: list(filled("A directory that goes on the PATH.")).default([]),
  test_exec: filled("It is installed when this command exists.").optional(),
  test_file: filled("It is installed when this file exists.").optional(),
  test_dir: filled("It is installed when this directory exists.").optional(),
});

/** The sections that extend the catalog. */
export const catalogSections = {
  apt_sources: table(aptSource).default({}),
  apt_packages: table(aptPackageSet).default({}),
  system_install_commands: table(installer).default({}),
  user_install_commands: table(installer).default({}),
};
