import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { ProviderError } from "../provider.ts";

/** What a file system refuses, in the operator's words. */
const WORDS: Readonly<Record<string, (path: string) => readonly [string, string]>> = {
  EACCES: (path) => [`no permission on ${path}`, `make it yours: sudo chown -R "$USER" ${path}`],
  EPERM: (path) => [`no permission on ${path}`, `make it yours: sudo chown -R "$USER" ${path}`],
  EROFS: (path) => [`${path} is on a read-only file system`, "set AGENTWORKS_HOME to a directory that can be written"],
  ENOSPC: (path) => [
    `the disk of ${path} is full`,
    "free some space, and run the command again: it goes on where it was",
  ],
  EDQUOT: (path) => [`your quota on the disk of ${path} is used up`, "free some space, and run the command again"],
};

/** Does something, and says what the file system refused of it. */
export async function spoken<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    const { code, path = "this computer" } = error as { readonly code?: unknown; readonly path?: string };
    const words = typeof code === "string" ? WORDS[code] : undefined;
    if (words === undefined) throw error;
    throw new ProviderError(...words(existing(path)));
  }
}

/** The path itself, or what is there of the way to it: what could not be made cannot be looked at. */
function existing(path: string): string {
  return !path.startsWith("/") || path === "/" || existsSync(path) ? path : existing(dirname(path));
}
