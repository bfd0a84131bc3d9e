import { z } from "zod";
import {
  amount,
  choice,
  environment,
  filled,
  list,
  path,
  remotePath,
  section,
  table,
  text,
  whole,
  withoutEffect,
  yesNo,
} from "./fields.ts";
import { adminUserName } from "./names.ts";

/** How an operator's computer reaches a machine. */
export const NETWORKS = ["direct", "tailscale"] as const;

const NERF = "nerf tools are installed as an ordinary Claude plugin now";

const names = (description: string) => list(filled(description)).default([]);

/** [vm_templates.*] with the values that nobody set filled in. */
export const vmTemplate = section({
  cpus: whole("Processors of a machine we make.", 1).default(4),
  memory: whole("Memory of a machine we make, in GiB.", 1).default(8),
  disk: whole("Disk of a machine we make, in GiB.", 1).default(50),
  swap: whole("Swap in GiB, 0 for none.", 0).default(4),
  network: choice("How the machine is reached; without it [defaults] and the platform decide.", NETWORKS).optional(),
  image: filled(
    'The image to start from on qemu, lima and wsl2: "auto", "debian", "build", a URL or a path.',
  ).optional(),
  azure_vm_size: filled("The size of an Azure machine.").default("Standard_B2s"),
  apt: names("A Debian package to install."),
  apt_packages: names("A package set of the catalog."),
  snap: names("A snap to install."),
  system_install_commands: names("An installer of the catalog that runs as root."),
  mise: yesNo("Install mise.").default(true),
  env: environment("everyone on the machine").default({}),
  nerf_build_claude_plugin: withoutEffect(yesNo("Was: build the nerf plugin.").default(false), NERF),
  skip_nerf_defaults: withoutEffect(yesNo("Was: leave out the built-in nerf manifests.").default(false), NERF),
  nerf_addl_manifests: withoutEffect(list(path("Was: a nerf manifest of your own.")).default([]), NERF),
  nerf_home_dir: withoutEffect(text("Was: where nerf tools live.").default("/opt/agentworks/nerf"), NERF),
});

const userKeys = {
  git_credentials: names("A credential of [git_credentials.*]."),
  user_install_commands: names("An installer of the catalog that runs as this user."),
  dotfiles_source: filled("Where dotfiles come from: a path here, or git::URL[//SUBPATH][?ref=REF].").optional(),
  dotfiles_destination: remotePath("Where dotfiles go on the machine.").default("~/.dotfiles"),
  dotfiles_install_cmd: text("The command that installs the dotfiles, run in their directory.").default("./install.sh"),
  mise_activate: yesNo("Activate mise in this user's shell.").default(true),
  mise_packages: names("A tool for mise, NAME@VERSION."),
  mise_lockfile: filled("Where mise.lock comes from: a path here, or git::URL[//SUBPATH][?ref=REF].").optional(),
  mise_allow_unlocked: yesNo("Install tools that mise.lock does not hold.").default(false),
  mise_install_before: text("How old a release has to be before mise installs it.").default("7d"),
  mise_prune_on_reinit: yesNo("Remove tools that are no longer listed.").default(true),
  claude_marketplaces: names("A Claude plugin marketplace."),
  claude_plugins: names("A Claude plugin, NAME@MARKETPLACE."),
  nerf_install_claude_plugin: withoutEffect(yesNo("Was: install the nerf plugin.").default(false), NERF),
};

/** [admin.config]: the machine's admin user. */
export const adminConfig = section({
  username: adminUserName
    .default("agentworks")
    .meta({ description: "The admin's user name on machines we make.", kind: "word" }),
  shell: filled("The admin's login shell.").default("zsh"),
  ...userKeys,
  git_force_safe_directory: yesNo("Mark the workspaces a user is granted as safe for git.").default(true),
  env: environment("the admin").default({}),
});

/** [agent_templates.*] with the values that nobody set filled in. */
export const agentTemplate = section({
  shell: filled("The agent's login shell.").default("bash"),
  ...userKeys,
  memory: amount("The most memory the agent may use, in GiB; without it there is no limit.", 0.125).optional(),
  cpus: amount("The most processors the agent may use; without it there is no limit.", 0.1).optional(),
  tasks: whole("The most processes and threads the agent may have; without it there is no limit.", 1).optional(),
  env: environment("the agent").default({}),
  username: withoutEffect(
    text("Was accepted and ignored.").optional(),
    "an agent's user name is made from its own name",
  ),
  git_force_safe_directory: withoutEffect(
    yesNo("Was accepted and ignored.").optional(),
    "it belongs in [admin.config]",
  ),
});

/** [workspace_templates.*] with the values that nobody set filled in. */
export const workspaceTemplate = section({
  repo: text("The URL that a new workspace is cloned from.").optional(),
  tmuxinator: withoutEffect(yesNo("Was: write a tmuxinator file.").default(true), "consoles replace tmuxinator"),
});

/** [session_templates.*] with the values that nobody set filled in. */
export const sessionTemplate = section({
  command: text("The command that the session runs; empty is a login shell.").default(""),
  restart_command: text("The command after a restart; empty is the same as `command`.").default(""),
  description: text("What the session is for.").default("Login shell"),
  required_commands: names("A command that has to exist before the session is made."),
  restart: choice("Whether the session comes back after the machine restarted.", ["never", "on-boot"]).default("never"),
  env: environment("the session").default({}),
});

/** A section of templates as it is written: nothing is required, nothing is filled in, and `inherits` names parents. */
export function templatesOf<S extends z.ZodObject>(template: S) {
  const fields = Object.entries(template.shape).map(([key, field]) => [key, unset(field)] as const);
  const inherits = list(filled("A template of the same kind to start from.")).optional();
  return table(section({ inherits, ...Object.fromEntries(fields) })).optional();
}

// Only what a template sets itself takes part in inheritance, so the default must not look like a value.
function unset(field: z.core.$ZodType): z.ZodType {
  if (field instanceof z.ZodDefault) {
    const inner = field.unwrap() as z.ZodType;
    return inner.optional().meta({ ...inner.meta(), ...field.meta(), default: field.def.defaultValue });
  }
  return field as z.ZodType;
}
