import type { Database } from "bun:sqlite";
import { stateFault } from "./faults.ts";
import { type Owner, ownerAlive } from "./owner.ts";

/** What a column may be given; booleans are stored as 0 and 1. */
export type SqlValue = string | number | boolean | null;
export type SqlValues = Readonly<Record<string, SqlValue>>;

/** The database as the tables see it. Statements are prepared at their first use; errors come out in the operator's words. */
export interface Connection {
  all<Row>(text: string, values?: SqlValues): Row[];
  get<Row>(text: string, values?: SqlValues): Row | null;
  /** How many rows changed. */
  run(text: string, values?: SqlValues): number;
  /** All or nothing; takes the write lock first. Inside another one it is part of that one. */
  transaction<T>(work: () => Synchronous<T>): T;
  /** The time now, as it is stored. */
  stamp(): string;
  /** The process that leases are written for. */
  readonly owner: Owner;
}

/** A transaction cannot span a wait: it would commit before the work is done. */
export type Synchronous<T> = T extends PromiseLike<unknown> ? never : T;

/** The connection over an open database. */
export function connect(database: Database, path: string, now: () => Date, owner: Owner): Connection {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw stateFault(error, path, () => writers(database, owner));
    }
  };
  const run = (text: string, values: SqlValues = {}) => guard(() => database.query(text).run(values).changes);
  return {
    // The schema earns the casts: STRICT tables hold no other types, and CHECKs no other words.
    all: <Row>(text: string, values: SqlValues = {}) => guard(() => database.query(text).all(values) as Row[]),
    get: <Row>(text: string, values: SqlValues = {}) => guard(() => database.query(text).get(values) as Row | null),
    run,
    transaction: <T>(work: () => Synchronous<T>): T => {
      if (database.inTransaction) return work();
      run("BEGIN IMMEDIATE");
      try {
        const result = work();
        run("COMMIT");
        return result;
      } catch (error) {
        // A full disk makes SQLite roll back by itself.
        if (database.inTransaction) database.run("ROLLBACK");
        throw error;
      }
    },
    stamp: () => utc(now()),
    owner,
  };
}

/** `2025-01-31T23:59:59Z` */
export function utc(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** The commands of other processes that are at work, for whoever found the state busy. */
function writers(database: Database, self: Owner): string[] {
  type Writer = Owner & { readonly operation: string };
  try {
    const open = database
      .query("SELECT operation, pid, pid_start AS pidStart FROM runs WHERE state = 'open'")
      .all() as Writer[];
    return open
      .filter((run) => run.pid !== self.pid && ownerAlive(run))
      .map((run) => `${run.operation}, pid ${run.pid}`);
  } catch {
    // Who it is cannot be read either: the message goes without.
    return [];
  }
}
