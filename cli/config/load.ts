import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { UsageError } from "../errors.ts";
import { asWritten, withoutAliases } from "./aliases.ts";
import { keyLines } from "./lines.ts";
import { type Problem, problemLines, protoKeys, schemaProblems } from "./problems.ts";
import { type KnownCatalog, referenceProblems } from "./references.ts";
import { resolveConfig } from "./resolve.ts";
import { type Config, configFile } from "./schema.ts";
import { parseToml } from "./toml.ts";
import { settingsWithoutEffect } from "./tree.ts";

/** What loading depends on beside the file. */
export interface LoadOptions {
  /** For `~` and AGENTWORKS_HOME. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The built-in catalog's names; with them, names that are in no catalog are errors. */
  readonly knownCatalog?: KnownCatalog;
}

/** A configuration and one line for each setting that deserves a word. */
export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly string[];
}

/** Reads, checks and resolves a config.toml. All that is wrong in it is told at once, each with its line. */
export function loadConfig(path: string, options: LoadOptions): Loaded {
  const text = readText(path);
  const parsed = parseToml(text);
  if (!("document" in parsed)) {
    throw new UsageError(
      `${basename(path)}:${parsed.line}:${parsed.column}: not valid TOML: ${parsed.problem}`,
      `edit ${path}`,
    );
  }
  const { document, renamed, notes } = withoutAliases(parsed.document);
  const checked = configFile.safeParse(document);
  const problems = [
    ...protoKeys(document),
    ...(checked.success ? [] : schemaProblems(configFile, document, checked.error.issues)),
    ...referenceProblems(document, options.knownCatalog),
  ];
  // Positions are looked up only when there is something to say.
  const lines = (found: readonly Problem[]) =>
    found.length === 0
      ? []
      : problemLines(
          path,
          found.map((problem) => ({ ...problem, path: asWritten(problem.path, renamed) })),
          keyLines(text),
        );
  if (problems.length > 0 || !checked.success) throw new UsageError(lines(problems).join("\n"), `edit ${path}`);
  const idle = settingsWithoutEffect(configFile, document).map(([key, why]) => ({
    path: key,
    message: `has no effect: ${why}`,
  }));
  return { config: resolveConfig(checked.data, path, options.env), warnings: lines([...notes, ...idle]) };
}

function readText(path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT") {
      throw new UsageError(
        `there is no configuration at ${path}`,
        `write this line into it, with your keys: operator = { ssh_public_key = "~/.ssh/id_ed25519.pub", ssh_private_key = "~/.ssh/id_ed25519" }`,
      );
    }
    if (code === "EISDIR")
      throw new UsageError(`${path} is a directory, not a configuration`, "name a file with --config FILE");
    if (code === "EACCES") throw new UsageError(`${path} cannot be read: permission denied`, `chmod u+r ${path}`);
    if (error instanceof TypeError) throw new UsageError(`${path} is not UTF-8 text`, `edit ${path}`);
    throw error;
  }
}
