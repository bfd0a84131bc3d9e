import type { Flag } from "./command.ts";
import type { GlobalFlags } from "./context.ts";

/** The program's name and version, as `--version` prints them. */
export const PROGRAM = "agentworks";
export const VERSION = "0.4.0";

/** The flags that every command understands; they stand before or after the command. */
export const GLOBAL_FLAGS = {
  json: { description: "print one JSON document on stdout, nothing else" },
  "dry-run": { description: "print what would be done, and do nothing" },
  "non-interactive": { description: "never ask; fail naming the flag that is missing" },
  yes: { description: "answer confirmations with yes", short: "y" },
  "no-wait": { description: "fail instead of waiting for another command's lock" },
  "allow-partial": { description: "exit 0 although steps that are not fatal failed" },
  config: { description: "another configuration file", value: "FILE" },
  debug: { description: "show the traceback of an unexpected error (also AGW_DEBUG=1)" },
  help: { description: "show this help", short: "h" },
  version: { description: "show the version" },
} as const satisfies Readonly<Record<string, Flag>>;

/** The global flag that a word spells, `--config` or `-y`. */
export function globalFlag(word: string): Flag | undefined {
  return Object.entries<Flag>(GLOBAL_FLAGS).find(
    ([name, flag]) => word === `--${name}` || word === `-${flag.short}`,
  )?.[1];
}

/** What the global flags among parsed `values` say. */
export function globalFlags(
  values: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
): GlobalFlags {
  return {
    json: values.json === true,
    dryRun: values.dryRun === true,
    nonInteractive: values.nonInteractive === true,
    yes: values.yes === true,
    debug: values.debug === true || env.AGW_DEBUG === "1",
    noWait: values.noWait === true,
    allowPartial: values.allowPartial === true,
  };
}
