import { closeSync, mkdirSync, openSync, readdirSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";
import { VERSION } from "../globals.ts";
import { printable } from "../ui/printable.ts";

/** How many logs of one machine are kept. */
export const KEPT_LOGS = 50;

/** The log of one operation, open for writing. */
export interface OperationLog {
  readonly path: string;
  line(text: string): void;
  close(): void;
}

/** A log that is there. */
export interface LogFile {
  readonly path: string;
  readonly machine: string;
  /** `vm-reinit` */
  readonly operation: string;
  readonly started: Date;
}

interface Opening {
  readonly directory: string;
  readonly machine: string;
  /** `vm reinit` */
  readonly operation: string;
  readonly now: () => Date;
  /** Masks the secrets of the operation. */
  readonly redact: (text: string) => string;
}

/** Begins the log of an operation, in a file of its own, and removes the machine's oldest beyond those kept. */
export function openLog({ directory, machine, operation, now, redact }: Opening): OperationLog {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { path, fd } = createFile(directory, `${machine}-${stamp(now())}-${operation.replaceAll(" ", "-")}`);
  const append = (text: string): void => {
    writeSync(fd, `${printable(redact(text))}\n`);
  };
  append(`agentworks ${VERSION}: ${operation} ${machine}, ${now().toISOString()}`);
  for (const old of listLogs(directory, machine).slice(0, -KEPT_LOGS)) unlinkSync(old.path);
  return {
    path,
    line: (text) => append(`${now().toISOString().slice(11, 19)} ${text}`),
    close: () => closeSync(fd),
  };
}

/** The logs of one machine, oldest first. */
export function listLogs(directory: string, machine: string): readonly LogFile[] {
  return fileNames(directory)
    .map((name) => readName(directory, name))
    .filter((log) => log !== undefined)
    .filter((log) => log.machine === machine)
    .sort((a, b) => a.started.getTime() - b.started.getTime() || a.turn - b.turn);
}

/** Two operations may begin in the same second: the later one's file is numbered. */
function createFile(directory: string, base: string): { readonly path: string; readonly fd: number } {
  for (let turn = 1; ; turn++) {
    const path = join(directory, turn === 1 ? `${base}.log` : `${base}.${turn}.log`);
    try {
      return { path, fd: openSync(path, "ax", 0o600) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

function fileNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

// A machine's name has no capital letters, so the stamp's T and Z say where it ends: `a` never takes the logs of `a-b`.
const NAME = /^([a-z0-9_-]+)-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-([a-z-]+)(?:\.(\d+))?\.log$/;

function readName(directory: string, name: string): (LogFile & { readonly turn: number }) | undefined {
  const [, machine, year, month, day, hour, minute, second, operation, turn] = NAME.exec(name) ?? [];
  if (machine === undefined || operation === undefined) return undefined;
  const started = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return { path: join(directory, name), machine, operation, started, turn: Number(turn ?? 1) };
}

/** `20260131T235959Z` */
function stamp(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}Z`;
}
