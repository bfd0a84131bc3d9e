import { Database } from "bun:sqlite";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Work } from "../../provider.ts";

/**
 * Does something that one process at a time does in a directory. The lock is the kernel's (SQLite's on a file), so it ends with its
 * holder, however that ends.
 */
export async function alone<T>(directory: string, work: Work, act: () => Promise<T>): Promise<T> {
  mkdirSync(directory, { recursive: true });
  const lock = new Database(join(directory, ".lock"));
  try {
    for (let round = 0; !locked(lock); round++) {
      work.cancel.throwIfAborted();
      if (round === 5) work.progress("another agentworks is preparing an image: waiting for it");
      await Bun.sleep(200);
    }
    return await act();
  } finally {
    lock.close();
  }
}

function locked(lock: Database): boolean {
  try {
    lock.run("BEGIN EXCLUSIVE");
    return true;
  } catch (error) {
    if ((error as { code?: string }).code === "SQLITE_BUSY") return false;
    throw error;
  }
}
