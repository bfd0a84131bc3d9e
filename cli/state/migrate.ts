import type { Database } from "bun:sqlite";
import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { UsageError } from "../errors.ts";

/** Brings an open database to the newest version, in one transaction; keeps a snapshot of one that held an older version. */
export function migrate(database: Database, path: string, migrations: readonly string[], now: Date): void {
  const before = version(database);
  if (before === migrations.length) return;
  refuseNewer(before, path, migrations);
  if (before > 0) snapshot(database, path, before, now);
  // Off, or rebuilding a table would cascade its deletes; it cannot change inside a transaction.
  database.run("PRAGMA foreign_keys = OFF");
  database.run("BEGIN IMMEDIATE");
  try {
    applyMissing(database, path, migrations);
    database.run("COMMIT");
  } catch (error) {
    if (database.inTransaction) database.run("ROLLBACK");
    throw error;
  }
}

function applyMissing(database: Database, path: string, migrations: readonly string[]): void {
  // Another process may have migrated while this one waited for the lock.
  const current = version(database);
  refuseNewer(current, path, migrations);
  for (const migration of migrations.slice(current)) database.run(migration);
  const dangling = database.query("PRAGMA foreign_key_check").all();
  if (dangling.length > 0) throw new Error(`migration left dangling references: ${JSON.stringify(dangling)}`);
  database.run(`PRAGMA user_version = ${migrations.length}`);
}

function version(database: Database): number {
  const row = database.query("PRAGMA user_version").get() as { readonly user_version: number };
  return row.user_version;
}

function refuseNewer(found: number, path: string, migrations: readonly string[]): void {
  if (found <= migrations.length) return;
  throw new UsageError(
    `The state has version ${found}, this agentworks knows versions up to ${migrations.length}: ${path}`,
    "use the newer agentworks that wrote it, or work beside it: export AGENTWORKS_HOME=~/agentworks-beside",
  );
}

/** Copies the database through SQLite: a copy of the file would lose what is in the WAL. */
function snapshot(database: Database, path: string, before: number, now: Date): void {
  const name = `${path}.v${before}.${now.toISOString().replace(/[-:]|\.\d+/g, "")}.bak`;
  const partial = `${name}.${process.pid}`;
  try {
    closeSync(openSync(partial, "wx", 0o600));
    database.query("VACUUM INTO ?").run(partial);
    // Versions only grow: still the old one now means that the copy holds the old one.
    if (version(database) === before) renameSync(partial, name);
  } finally {
    rmSync(partial, { force: true });
  }
}
