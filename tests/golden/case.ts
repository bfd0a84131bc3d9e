import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { z } from "zod";

/** One bad condition: a command line, and exactly what it says and how it ends. A `.toml` file in tests/golden/errors. */
const schema = z.strictObject({
  /** Words after `agentworks`. */
  argv: z.array(z.string()),
  exit: z.int().min(1).max(255),
  stderr: z.string(),
  /** More environment; PATH, HOME and AGENTWORKS_HOME are there. */
  env: z.record(z.string(), z.string()).default({}),
  /** Files in the home, written before: their text by their path. */
  files: z.record(z.string(), z.string()).default({}),
  /** SQL that makes the state's database, before. */
  database: z.string().optional(),
  /** Another process is writing the state all the while. */
  locked: z.boolean().default(false),
  /** Bash that root runs on the guest, before and after; for cases that have one. */
  guest: z.string().default(""),
  after: z.string().default(""),
  /** What the command leaves in the home although it failed; by default nothing. */
  leaves: z.array(z.string()).default([]),
});

export type ErrorCase = z.infer<typeof schema>;

/** Where a case runs. */
export interface CaseWorld {
  readonly executable: string;
  /** The directory that is HOME, AGENTWORKS_HOME and the working directory; empty before. */
  readonly home: string;
  /** What `$NAME` stands for in argv, env, files and stderr; `$HOME` is the home. A guest's address, for example. */
  readonly placeholders: Readonly<Record<string, string>>;
}

/** What came of it, in the words of the case: the world's values are placeholders again. */
export interface CaseOutcome {
  readonly exit: number;
  readonly stderr: string;
  readonly stdout: string;
  /** Files of the home that are new, gone or changed. */
  readonly leaves: readonly string[];
}

/** Reads a case. */
export function readCase(path: string): ErrorCase {
  return schema.parse(parse(readFileSync(path, "utf8")));
}

/** Runs the command of a case in a world. */
export async function runCase(path: string, world: CaseWorld): Promise<CaseOutcome> {
  const { argv, env, files, database, locked } = readCase(path);
  const values = Object.entries({ ...world.placeholders, HOME: world.home }).sort(([a], [b]) => b.length - a.length);
  const expand = (text: string): string =>
    values.reduce((filled, [name, value]) => filled.replaceAll(`$${name}`, value), text);
  const collapse = (text: string): string =>
    values.reduce((named, [name, value]) => named.replaceAll(value, `$${name}`), text);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.home, name)), { recursive: true });
    writeFileSync(join(world.home, name), expand(text), { mode: 0o600 });
  }
  if (database !== undefined) makeDatabase(join(world.home, "agentworks.db"), database);
  using writer = locked ? new Database(join(world.home, "agentworks.db")) : undefined;
  writer?.run("BEGIN IMMEDIATE");
  const before = picture(world.home);
  const child = Bun.spawn([world.executable, ...argv.map(expand)], {
    cwd: world.home,
    env: {
      PATH: process.env.PATH,
      HOME: world.home,
      AGENTWORKS_HOME: world.home,
      ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, expand(value)])),
    },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, exit] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { exit, stdout, stderr: collapse(stderr), leaves: difference(before, picture(world.home)) };
}

function makeDatabase(path: string, sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

/** Every file below a directory with the sum of its contents. SQLite's own -wal and -shm come and go. */
function picture(directory: string): ReadonlyMap<string, string> {
  const files = [...new Bun.Glob("**/*").scanSync({ cwd: directory, dot: true })].filter(
    (name) => !/\.db-(wal|shm)$/.test(name),
  );
  return new Map(files.map((name) => [name, sum(join(directory, name))]));
}

function sum(path: string): string {
  return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
}

function difference(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => before.get(name) !== after.get(name)).sort();
}
