import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { requireKey } from "../ready.ts";
import { findOrMakeKey } from "./key.ts";
import type { Phases } from "./phases.ts";

/** A configuration that validates, with a key that works: the operator's own, which is never touched, else a minimal one. */
export async function ensureConfig(context: Context, phases: Phases): Promise<void> {
  const { configFile, home, env } = context;
  if (isThere(context)) {
    const { sshPrivateKey } = context.config().operator;
    await phases.run("config", async () => ({ name: configFile, result: "found", why: "it is valid" }));
    await phases.run("key", async () => {
      await requireKey(context);
      return { name: sshPrivateKey, result: "found", why: "the configuration names it" };
    });
    return;
  }
  mkdirSync(home.directory, { recursive: true, mode: 0o700 });
  const key = await phases.run("key", () => findOrMakeKey(context));
  await phases.run("config", async () => {
    writeConfig(context, configText(inHome(key.name, env.HOME ?? homedir())));
    await requireKey(context);
    return { name: configFile, result: "made", why: "there was none" };
  });
}

/** `defaults.platform` of the configuration that is there. */
export function configuredPlatform(context: Context): string | undefined {
  return isThere(context) ? context.config().defaults.platform : undefined;
}

/** Whether there is a configuration, or has to be: nobody but the operator writes one that `--config` names. */
export function isThere({ configFile, home }: Pick<Context, "configFile" | "home">): boolean {
  return existsSync(configFile) || configFile !== home.config;
}

/** The sum of the configuration as it is now; undefined when there is none. */
export function configSum(path: string): string | undefined {
  return existsSync(path) ? sum(readFileSync(path, "utf8")) : undefined;
}

/** A minimal config.toml for a key. */
export function configText(key: string): string {
  return `# Written by agentworks quickstart, and yours from now on: it is never written again.
# All keys: see "Configuration" in the README. agentworks vm plan NAME shows what a change of it means.

# The ssh key that every connection uses. Only its public half leaves this computer.
[operator]
ssh_public_key = ${JSON.stringify(`${key}.pub`)}
ssh_private_key = ${JSON.stringify(key)}

# The admin of a machine is you, with sudo. The shell is installed there when it is missing.
[admin.config]
shell = "bash"

# What sessions run, unless session create says --command. Empty is a login shell.
[session_templates.default]
command = ""
`;
}

/** `~/.ssh/id_rsa` */
function inHome(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

/** Whole or not at all; what it will be is recorded first. */
function writeConfig(context: Context, text: string): void {
  const { configFile } = context;
  const fresh = `${configFile}.new`;
  context.state().quickstart.mark("config", sum(text));
  try {
    writeFileSync(fresh, text, { mode: 0o600 });
    renameSync(fresh, configFile);
  } catch (error) {
    throw new UserError(
      `${configFile} cannot be written: ${(error as Error).message}`,
      `ls -ld ${context.home.directory}`,
    );
  }
}

function sum(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
