import { constants, Database, SQLiteError } from "bun:sqlite";
import { randomUUID } from "node:crypto";
import { chmodSync, closeSync, existsSync, linkSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.ts";
import { notADatabase, orphanedJournal } from "./faults.ts";
import { migrate } from "./migrate.ts";

/** Marks a database as ours in its header: "agw4". */
const APPLICATION_ID = 0x61677734;

const SMALLEST_PAGE = 512;

/** What opening needs besides the path. */
export interface OpenOptions {
  readonly now: Date;
  /** Milliseconds to wait for another process's write. */
  readonly busyTimeout: number;
  readonly migrations: readonly string[];
}

/** Opens the database at `path`, which is created and migrated as needed. */
export function openDatabase(path: string, options: OpenOptions): Database {
  if (!existsSync(path)) create(path, options);
  lookFirst(path);
  return opened(path, (database) => {
    database.run(`PRAGMA busy_timeout = ${options.busyTimeout}`);
    refuseForeign(database, path);
    database.run("PRAGMA journal_mode = WAL");
    migrate(database, path, options.migrations, options.now);
    database.run("PRAGMA foreign_keys = ON");
  });
}

/** A new database in memory. */
export function memoryDatabase(options: OpenOptions): Database {
  return opened(":memory:", (database) => {
    migrate(database, ":memory:", options.migrations, options.now);
    database.run("PRAGMA foreign_keys = ON");
  });
}

/** Opens and prepares; a database that could not be prepared is closed again. */
function opened(path: string, prepare: (database: Database) => void): Database {
  const database = new Database(path, { readwrite: true, strict: true });
  try {
    prepare(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Makes the database under another name and links it into place whole: of two that do so at once, one wins. */
function create(path: string, options: OpenOptions): void {
  makePrivateDirectory(dirname(path));
  // In this order: a process that was first has made both.
  if (existsSync(`${path}-wal`) && !existsSync(path)) throw orphanedJournal(path);
  const draft = `${path}.${randomUUID()}.new`;
  try {
    // SQLite gives -wal and -shm the mode of the database.
    closeSync(openSync(draft, "wx", 0o600));
    opened(draft, (database) => {
      database.run(`PRAGMA application_id = ${APPLICATION_ID}`);
      migrate(database, draft, options.migrations, options.now);
      database.run("PRAGMA journal_mode = WAL");
    }).close();
    linkSync(draft, path);
  } catch (error) {
    // Another process was first: its database is as good.
    if (!existsSync(path)) throw error;
  } finally {
    for (const suffix of ["", "-wal", "-shm", "-journal"]) rmSync(draft + suffix, { force: true });
  }
}

function makePrivateDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const { mode, uid } = statSync(directory);
  const shared = (mode & 0o1000) !== 0;
  if (!shared && (mode & 0o077) !== 0 && uid === process.getuid?.()) chmodSync(directory, 0o700);
}

/** Looks before it opens: `immutable` takes no lock and makes no -wal or -shm, where any other way leaves traces. */
function lookFirst(path: string): void {
  const flags = constants.SQLITE_OPEN_READONLY | constants.SQLITE_OPEN_URI;
  using database = new Database(`${pathToFileURL(path).href}?immutable=1`, flags);
  try {
    refuseForeign(database, path);
  } catch (error) {
    // Another process is at a checkpoint, or it is damaged: the real opening tells which.
    if (!(error instanceof SQLiteError) || error.code?.startsWith("SQLITE_CORRUPT") !== true) throw error;
  }
}

function refuseForeign(database: Database, path: string): void {
  const header = database.query("PRAGMA application_id").get() as { readonly application_id: number };
  if (header.application_id === APPLICATION_ID) return;
  const tables = database.query("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as {
    readonly name: string;
  }[];
  // SQLite takes a file without a whole page for an empty database.
  if (statSync(path).size < SMALLEST_PAGE) throw notADatabase(path);
  const writer = tables.some(({ name }) => name === "schema_version") ? "agentworks 0.3.0" : "another program";
  throw new UsageError(
    `The state was written by ${writer} and stays as it is: ${path}`,
    "work beside it, in a directory of your choice: export AGENTWORKS_HOME=~/.config/agentworks-0.4",
  );
}
