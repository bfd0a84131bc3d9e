import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { printable } from "../../ui/printable.ts";
import { onItsPlatform } from "./wake.ts";

/** What a machine wrote on its serial console since one start of it. */
export interface SerialLog {
  readonly path: string;
  readonly operation: "serial console";
  /** When it was written first. */
  readonly startedAt: string;
  /** The last lines, cleaned: a machine decides alone what it writes there, and how much. */
  readonly text: string;
}

/** How much of a console is read, and how many lines of it are shown. */
const LAST = { bytes: 256 * 1024, lines: 200 };

/** The serial console of a machine that we made: its last start, or all starts that are kept, oldest first. */
export async function serialLogs(context: Context, machine: Machine, all: boolean): Promise<readonly SerialLog[]> {
  const { name, adopted, platform } = machine;
  if (adopted) throw new UserError(`'${name}' was adopted: its console is its owner's.`, `agentworks vm logs ${name}`);
  const { provider, id } = await onItsPlatform(context, machine);
  const [last, ...before] = (await provider.serial(id)).flatMap((path) => lastLines(path) ?? []);
  if (last !== undefined) return all ? [...before.reverse(), last] : [last];
  throw new UserError(`There is no serial console of '${name}' on ${platform}.`, `agentworks vm describe ${name}`);
}

/** Undefined: the file is not there. */
function lastLines(path: string): SerialLog | undefined {
  try {
    const file = openSync(path, "r");
    try {
      const { size, birthtime } = fstatSync(file);
      const bytes = Buffer.alloc(Math.min(size, LAST.bytes));
      const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
      const lines = printable(bytes.toString("utf8", 0, read)).split("\n");
      const text = lines.slice(-LAST.lines - 1).join("\n");
      return { path, operation: "serial console", startedAt: birthtime.toISOString(), text };
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
