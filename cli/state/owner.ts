import { readFileSync } from "node:fs";

/** A process of this computer: its id, and its start time so that a reused id is not taken for it (0 = unknown). */
export interface Owner {
  readonly pid: number;
  readonly pidStart: number;
}

/** This process. */
export function thisProcess(): Owner {
  return { pid: process.pid, pidStart: processStart(process.pid) ?? 0 };
}

/** Whether the process that wrote `owner` down still runs. */
export function ownerAlive(owner: Owner): boolean {
  const start = processStart(owner.pid);
  if (start === null) return false;
  return start === 0 || owner.pidStart === 0 || start === owner.pidStart;
}

/** When a process started, in the kernel's ticks; null when it is gone, 0 where the system does not tell. */
function processStart(pid: number): number | null {
  if (!signalable(pid)) return null;
  try {
    // The second field is the program's name in parentheses, which may itself hold blanks and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return null;
    return Number(rest[18]);
  } catch {
    return 0;
  }
}

function signalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
