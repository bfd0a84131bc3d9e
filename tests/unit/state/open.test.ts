import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError, UserError } from "../../../cli/errors.ts";
import { MIGRATIONS } from "../../../cli/state/migrations.ts";
import { openState, openStateToRead } from "../../../cli/state/state.ts";
import { machine, picture, start, thrown, withDirectory } from "./fixture.ts";
import { old030 } from "./old030.ts";

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

test("the directory is 0700 and every file 0600, whatever the umask", () =>
  withDirectory((base) => {
    const umask = process.umask(0o022);
    try {
      const directory = join(base, "config", "agentworks");
      const state = openState(join(directory, "agentworks.db"));
      state.machines.insert(machine("dev"));
      expect(readdirSync(directory).sort()).toEqual(["agentworks.db", "agentworks.db-shm", "agentworks.db-wal"]);
      for (const name of readdirSync(directory)) expect(mode(join(directory, name))).toBe("600");
      expect([mode(directory), mode(join(base, "config"))]).toEqual(["700", "700"]);
      state.close();
      expect(readdirSync(directory)).toEqual(["agentworks.db"]);
    } finally {
      process.umask(umask);
    }
  }));

test("no file ever exists with other modes than 0600", () =>
  withDirectory(async (base) => {
    const trace = join(base, "trace");
    const path = join(base, "home", "agentworks.db");
    await start(
      "write",
      [path, "m", "1"],
      ["strace", "-f", "-e", "trace=openat,open,creat,mkdir,chmod,fchmod", "-o", trace],
    ).output();
    const made = (await Bun.file(trace).text())
      .split("\n")
      .filter((line) => line.includes(`${base}/home`) && /O_CREAT|mkdir|chmod/.test(line));
    expect(made.length).toBeGreaterThan(3);
    expect(made.filter((line) => !/, 0[67]00\)/.test(line))).toEqual([]);
  }));

test("a directory that others could enter is closed when the state is made in it, a shared one is left", () =>
  withDirectory((base) => {
    for (const [name, before, after] of [
      ["own", 0o755, "700"],
      ["shared", 0o1777, "777"],
    ] as const) {
      const directory = join(base, name);
      mkdirSync(directory);
      chmodSync(directory, before);
      openState(join(directory, "agentworks.db")).close();
      expect(mode(directory)).toBe(after);
    }
  }));

test("reading where there is no state finds nothing and leaves nothing", () =>
  withDirectory((base) => {
    const path = join(base, "home", "agentworks.db");
    const state = openStateToRead(path);
    expect(state.machines.list()).toEqual([]);
    expect(state.installation.get().id).toBe("0".repeat(32));
    expect(thrown(() => state.machines.insert(machine("dev"))).message).toContain("cannot be opened for writing");
    state.close();
    expect(existsSync(join(base, "home"))).toBe(false);
  }));

test("reading finds what was written", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const written = openState(path);
    written.machines.insert(machine("dev"));
    const read = openStateToRead(path);
    expect(read.machines.names()).toEqual(["dev"]);
    expect(read.installation.get()).toEqual(written.installation.get());
    written.close();
    read.close();
  }));

test("the installation's id is random and stays", () =>
  withDirectory((base) => {
    const ids = ["a", "b", "a"].map((name) => {
      const state = openState(join(base, name));
      const { id } = state.installation.get();
      state.close();
      return id;
    });
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[2]).toBe(ids[0] ?? "");
    expect(ids[1]).not.toBe(ids[0] ?? "");
  }));

test("a database of 0.3.0 is recognised and not touched", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    old030(path);
    const before = picture(base);
    for (const open of [openState, openStateToRead]) {
      const error = thrown(() => open(path));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.message).toContain("written by agentworks 0.3.0");
      expect(error instanceof UserError && error.next).toContain("export AGENTWORKS_HOME=");
    }
    expect(picture(base)).toEqual(before);
  }));

test("a database of 0.3.0 that is in use, with a WAL, is not touched", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    old030(path);
    const inUse = new Database(path);
    inUse.run("INSERT INTO vms (name, platform) VALUES ('later', 'lima')");
    const before = picture(base);
    expect(before.map(({ name }) => name)).toContain("agentworks.db-wal");
    expect(thrown(() => openState(path)).message).toContain("written by agentworks 0.3.0");
    expect(picture(base)).toEqual(before);
    inUse.close();
  }));

test("a database of which everything is still in the WAL is not touched", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const inUse = new Database(path);
    inUse.run("PRAGMA journal_mode = WAL");
    inUse.run("CREATE TABLE schema_version (version INTEGER NOT NULL)");
    const before = picture(base);
    expect(thrown(() => openState(path))).toBeInstanceOf(UsageError);
    expect(picture(base)).toEqual(before);
    inUse.close();
  }));

test("another program's database is not touched", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const other = new Database(path);
    other.run("CREATE TABLE notes (text)");
    other.close();
    const before = picture(base);
    const error = thrown(() => openState(path));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain("written by another program");
    expect(picture(base)).toEqual(before);
  }));

test("a file that is no database is said to be none, and not touched", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    for (const content of ["", "short", "no database at all\n".repeat(100)]) {
      writeFileSync(path, content);
      const before = picture(base);
      const error = thrown(() => openState(path));
      expect(error.message).toContain("The state is not a database");
      expect(error instanceof UserError && error.exitCode).toBe(1);
      expect(picture(base)).toEqual(before);
    }
  }));

test("a damaged database is said to be damaged", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    openState(path).close();
    const bytes = await Bun.file(path).bytes();
    bytes.fill(0xff, 100, bytes.length);
    writeFileSync(path, bytes);
    expect(thrown(() => openState(path).machines.list()).message).toContain("The state is damaged");
  }));

test("a journal without its database is not replayed into a new one", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.machines.insert(machine("dev"));
    rmSync(path);
    const error = thrown(() => openState(path));
    expect(error.message).toContain("The state is gone but its journal is left");
    expect(existsSync(path)).toBe(false);
    state.close();
  }));

test("a newer schema is refused, naming both versions", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    openState(path, { migrations: [...MIGRATIONS, "CREATE TABLE later (x TEXT) STRICT"] }).close();
    const before = picture(base);
    const error = thrown(() => openState(path));
    expect(error).toBeInstanceOf(UsageError);
    expect(error.message).toContain(
      `has version ${MIGRATIONS.length + 1}, this agentworks knows versions up to ${MIGRATIONS.length}`,
    );
    expect(picture(base).map(({ bytes }) => bytes)).toEqual(before.map(({ bytes }) => bytes));
  }));
