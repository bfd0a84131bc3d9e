import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { MIGRATIONS } from "../../../cli/state/migrations.ts";
import { openState } from "../../../cli/state/state.ts";
import { machine, start, thrown, withDirectory, workspace } from "./fixture.ts";

const LATER = "ALTER TABLE machines ADD COLUMN colour TEXT; CREATE TABLE later (x TEXT) STRICT;";
const NEWER = [...MIGRATIONS, LATER];
const now = () => new Date("2025-01-31T23:59:59.900Z");
const SNAPSHOT = `agentworks.db.v${MIGRATIONS.length}.20250131T235959Z.bak`;

const version = (path: string) => {
  using database = new Database(path, { readonly: true });
  return (database.query("PRAGMA user_version").get() as { user_version: number }).user_version;
};
const backups = (directory: string) => readdirSync(directory).filter((name) => name.includes(".bak"));

test("every table is STRICT and every reference holds at every version", () => {
  for (let count = 1; count <= MIGRATIONS.length; count++) {
    using database = new Database(":memory:");
    for (const migration of MIGRATIONS.slice(0, count)) database.run(migration);
    const loose = database.query(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%' AND strict = 0",
    );
    expect(loose.all()).toEqual([]);
    expect(database.query("PRAGMA foreign_key_check").all()).toEqual([]);
  }
});

test("an older state is migrated, with a snapshot that holds what was still in the WAL", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const older = openState(path);
    older.machines.insert(machine("dev"));
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    const newer = openState(path, { migrations: NEWER, now });
    expect(newer.machines.names()).toEqual(["dev"]);
    expect(version(path)).toBe(NEWER.length);
    expect(backups(base)).toEqual([SNAPSHOT]);
    newer.close();
    older.close();

    const snapshot = join(base, SNAPSHOT);
    expect((statSync(snapshot).mode & 0o777).toString(8)).toBe("600");
    const restored = openState(snapshot);
    expect(restored.machines.names()).toEqual(["dev"]);
    restored.close();
  }));

test("a new state needs no snapshot, a current one no second", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    openState(path, { migrations: NEWER }).close();
    openState(path, { migrations: NEWER }).close();
    expect(readdirSync(base)).toEqual(["agentworks.db"]);
  }));

test("a migration that fails leaves the version before it, whole", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.machines.insert(machine("dev"));
    state.workspaces.insert(workspace("site", "dev"));
    state.close();
    const broken = "CREATE TABLE half (x TEXT) STRICT; INSERT INTO nowhere VALUES (1);";
    expect(thrown(() => openState(path, { migrations: [...MIGRATIONS, broken] })).message).toContain("nowhere");
    const dangling = "DELETE FROM machines;";
    expect(thrown(() => openState(path, { migrations: [...MIGRATIONS, dangling] })).message).toContain("dangling");
    const again = openState(path, { migrations: [...MIGRATIONS, "CREATE TABLE half (x TEXT) STRICT"] });
    expect([again.machines.names(), again.workspaces.names()]).toEqual([["dev"], ["site"]]);
    again.close();
  }));

test("a table may be rebuilt without losing what refers to it", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.machines.insert(machine("dev"));
    state.machineEvents.add("dev", "init_started");
    state.close();
    const rebuild =
      "CREATE TABLE moved AS SELECT * FROM machines; DELETE FROM machines; INSERT INTO machines SELECT * FROM moved;";
    const again = openState(path, { migrations: [...MIGRATIONS, rebuild] });
    expect(again.machineEvents.list("dev").map(({ event }) => event)).toEqual(["init_started"]);
    again.machines.removeWithContents("dev");
    expect(again.machineEvents.list("dev")).toEqual([]);
    again.close();
  }));

test("a process killed in the middle of a migration leaves the version before it, whole", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.machines.insert(machine("dev"));
    state.close();
    const endless = `CREATE TABLE half (x TEXT) STRICT;
      INSERT INTO half WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT hex(zeroblob(500)) FROM n LIMIT 1e9;`;
    const { child } = start("migrate", [path, endless]);
    const wal = Bun.file(`${path}-wal`);
    while (child.exitCode === null && (await wal.stat().catch(() => ({ size: 0 }))).size < 5_000_000)
      await Bun.sleep(20);
    child.kill("SIGKILL");
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    const again = openState(path);
    expect(again.machines.names()).toEqual(["dev"]);
    again.close();
    expect(version(path)).toBe(MIGRATIONS.length);
    openState(path, { migrations: [...MIGRATIONS, "CREATE TABLE half (x TEXT) STRICT"] }).close();
  }));

test("four processes that migrate at once migrate once, and lose nothing", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.machines.insert(machine("dev"));
    state.close();
    await Promise.all([1, 2, 3, 4].map(() => start("migrate", [path, LATER]).output()));
    expect(readdirSync(base).length).toBe(backups(base).length + 1);
    expect(version(path)).toBe(NEWER.length);
    expect(backups(base).length).toBeGreaterThan(0);
    for (const name of backups(base))
      expect([name.endsWith(".bak"), version(join(base, name))]).toEqual([true, MIGRATIONS.length]);
  }));
