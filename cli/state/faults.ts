import { SQLiteError } from "bun:sqlite";
import { statfsSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../errors.ts";

/** Which rule of the schema an error is about: a value that must be unique, or a row that another one needs. */
function violation(error: unknown): "unique" | "reference" | null {
  if (!(error instanceof SQLiteError)) return null;
  switch (error.code) {
    case "SQLITE_CONSTRAINT_UNIQUE":
    case "SQLITE_CONSTRAINT_PRIMARYKEY":
      return "unique";
    case "SQLITE_CONSTRAINT_FOREIGNKEY":
    case "SQLITE_CONSTRAINT_TRIGGER": // ON DELETE RESTRICT reports itself so
      return "reference";
    default:
      return null;
  }
}

/** Does `work`; where the schema forbids it, throws what `explain` makes of the rule instead. */
export function explaining<T>(work: () => T, explain: (rule: "unique" | "reference") => UserError): T {
  try {
    return work();
  } catch (error) {
    const rule = violation(error);
    if (rule === null) throw error;
    throw explain(rule);
  }
}

/** What the operator can do about an error of SQLite or the file system at `path`; an unexpected one is returned as it is. */
export function stateFault(error: unknown, path: string, writers: () => readonly string[]): unknown {
  const code = errorCode(error);
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) return busy(path, writers());
  if (code === "SQLITE_NOTADB") return notADatabase(path);
  if (code.startsWith("SQLITE_CORRUPT")) return damaged(path);
  if (NO_SPACE.has(code) || (code.startsWith("SQLITE_IOERR") && isFull(path))) return noSpace(path);
  if (code.startsWith("SQLITE_IOERR")) return ioError(path, code);
  if (NO_ACCESS.has(code) || /^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code)) return noAccess(path, code);
  return error;
}

const NO_SPACE: ReadonlySet<string> = new Set(["SQLITE_FULL", "ENOSPC", "EDQUOT"]);
const NO_ACCESS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "EISDIR", "ELOOP"]);

function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function busy(path: string, writers: readonly string[]): UserError {
  const who = writers.length > 0 ? `at work: ${writers.join(", ")}` : "another agentworks writes to it";
  return new UserError(`The state is busy (${who}): ${path}`, "let the other command finish, then run this one again");
}

/** The file is something else than a database. */
export function notADatabase(path: string): UserError {
  return new UserError(`The state is not a database: ${path}`, movingAway(path));
}

/** The database is gone, what SQLite kept beside it is not, and would be replayed into a new one. */
export function orphanedJournal(path: string): UserError {
  return new UserError(`The state is gone but its journal is left: ${path}-wal`, movingAway(path));
}

function damaged(path: string): UserError {
  return new UserError(`The state is damaged: ${path}`, movingAway(path));
}

/** Everything of that name goes together; adopting the machines again rebuilds what stood in it. */
function movingAway(path: string): string {
  const aside = join(dirname(path), "unusable");
  return `put it aside and begin anew: mkdir '${aside}' && mv '${path}'* '${aside}'`;
}

function noSpace(path: string): UserError {
  return new UserError(`No space is left for the state: ${path}`, `free some, see: df -h '${dirname(path)}'`);
}

function ioError(path: string, code: string): UserError {
  return new UserError(
    `The state cannot be read or written (${code}): ${path}`,
    `check the disk: df '${dirname(path)}'`,
  );
}

function noAccess(path: string, code: string): UserError {
  return new UserError(
    `The state cannot be opened for writing (${code}): ${path}`,
    `look at the owner and mode: ls -ld '${dirname(path)}' '${path}'`,
  );
}

/** SQLite reports a full disk as an I/O error where it fails to extend its shared-memory file. */
function isFull(path: string): boolean {
  try {
    return statfsSync(dirname(path)).bavail < 16;
  } catch {
    return false;
  }
}
