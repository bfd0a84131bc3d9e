import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Loaded, type LoadOptions, loadConfig } from "../../../cli/config/load.ts";
import { UsageError } from "../../../cli/errors.ts";

/** The two keys that every configuration has. */
export const OPERATOR = 'operator = { ssh_public_key = "~/.ssh/id.pub", ssh_private_key = "~/.ssh/id" }\n';

/** Calls `use` with a directory that is gone afterwards. */
export function inDirectory<T>(use: (directory: string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), "agw-config-"));
  try {
    return use(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Loads a text as config.toml of a home that is /home/me. */
export function load(text: string | Uint8Array, options: Partial<LoadOptions> = {}): Loaded {
  return inDirectory((directory) => {
    const file = join(directory, "config.toml");
    writeFileSync(file, text);
    return loadConfig(file, { env: { HOME: "/home/me" }, ...options });
  });
}

/** The lines of the error that loading a text ends with. The operator's keys are on line 1, the text starts on line 2. */
export function errorsOf(text: string, options: Partial<LoadOptions> = {}): readonly string[] {
  return refused(OPERATOR + text, options).message.split("\n");
}

/** The error that loading a text ends with. */
export function refused(text: string | Uint8Array, options: Partial<LoadOptions> = {}): UsageError {
  return usageError(() => load(text, options));
}

/** The UsageError that a function ends with. */
export function usageError(run: () => unknown): UsageError {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error("expected a UsageError, but it succeeded");
}
