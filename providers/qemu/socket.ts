import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** sockaddr_un holds 108 bytes on Linux and 104 on macOS, the final zero among them. */
const LONGEST = 103;

/** Does something with a socket's path, or, where that is too long for a socket, with a shorter way there. */
export async function withShortPath<T>(path: string, act: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) <= LONGEST) return await act(path);
  const directory = mkdtempSync(join(tmpdir(), "agw-"));
  try {
    symlinkSync(dirname(path), join(directory, "m"));
    return await act(join(directory, "m", basename(path)));
  } finally {
    rmSync(directory, { recursive: true });
  }
}
