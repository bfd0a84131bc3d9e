import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openState, type State } from "../../cli/state/state.ts";
import { agent, machine, session, workspace } from "../unit/state/fixture.ts";

/** Fills the state of a home: two machines that nobody reaches, and on `dev` what the rows name. */
export function seed(home: string): void {
  const state = openState(join(home, "agentworks.db"));
  addMachine(state, "dev");
  addMachine(state, "lab");
  addMade(state, "made");
  for (const name of ["site", "docs"]) {
    state.workspaces.insert(workspace(name, "dev"));
    state.workspaces.setLifecycle(name, "ready");
  }
  for (const [index, name] of ["claude", "ada"].entries()) {
    state.agents.insert(agent(name, "dev"));
    state.agents.update(name, { uid: 20_000 + index, lifecycle: "ready" });
  }
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.sessions.update("fix", { lifecycle: "ready" });
  state.grants.add({ agent: "claude", workspace: "site", session: "fix" });
  state.close();
}

/** A machine that is ready, says the state, at an address where nobody answers. */
export function addMachine(state: State, name: string): void {
  const place = { host: "127.0.0.1", port: 9, loginUser: "root", adopted: true };
  state.machines.insert({ ...machine(name), ...place, provisioning: "complete", init: "complete" });
}

/** A machine that we made, says the state, and of which nothing is left. */
function addMade(state: State, name: string): void {
  const id = `${name}:20022:12345678-1234-4234-8234-123456789abc`;
  const place = { platform: "qemu", platformId: id, host: "127.0.0.1", port: 9, loginUser: "root", adopted: false };
  const sizes = { cpus: 2, memory: 2, disk: 10, swap: 1 };
  state.machines.insert({ ...machine(name), ...place, ...sizes, provisioning: "complete", init: "complete" });
}

/** All that a home holds: every row of the state, and the sum of every file. */
export function pictureOf(home: string): Readonly<Record<string, unknown>> {
  const files = [...new Bun.Glob("**/*").scanSync({ cwd: home, dot: true })]
    .filter((name) => !/\.db(-wal|-shm)?$/.test(name))
    .sort();
  const sums = files.map((name) => [
    name,
    createHash("sha256")
      .update(readFileSync(join(home, name)))
      .digest("hex"),
  ]);
  return { files: Object.fromEntries(sums), rows: rowsOf(join(home, "agentworks.db")) };
}

function rowsOf(path: string): Readonly<Record<string, unknown>> {
  if (!existsSync(path)) return {};
  using database = new Database(path);
  const tables = database.query<{ name: string }, []>("SELECT name FROM sqlite_master WHERE type = 'table'").all();
  return Object.fromEntries(tables.map(({ name }) => [name, database.query(`SELECT * FROM "${name}"`).all()]));
}
