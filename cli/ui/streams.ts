import { fstatSync, statSync, writeSync } from "node:fs";
import { type Terminal, writeProblem } from "./screen.ts";

const FD = { stdin: 0, stdout: 1, stderr: 2 } as const;

/** The terminal of this process. Writes are synchronous: nothing is lost when the process exits right after. */
export function processTerminal(): Terminal {
  const gone = new Set<string>();
  return {
    write(stream, text) {
      if (gone.has(stream)) return;
      try {
        writeAll(FD[stream], Buffer.from(text));
      } catch (error) {
        gone.add(stream);
        const problem = writeProblem(error);
        if (problem && stream === "stdout") throw problem;
      }
    },
    isTTY: (stream) => isTerminal(FD[stream]),
    columns: (stream) => process[stream].columns || 80,
  };
}

function writeAll(fd: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      // A pipe that another program made non-blocking, and that is full.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      Bun.sleepSync(1);
    }
  }
}

/** Whether `fd` is a terminal. node:tty costs 10 ms to load, so it is asked only about devices that can be one. */
function isTerminal(fd: number): boolean {
  try {
    const file = fstatSync(fd);
    if (!file.isCharacterDevice() || file.rdev === statSync("/dev/null").rdev) return false;
    return process.getBuiltinModule("node:tty").isatty(fd);
  } catch {
    return false;
  }
}
