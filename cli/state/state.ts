import type { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { type AgentsTable, agentsTable } from "./agents.ts";
import { type Connection, connect } from "./connection.ts";
import { memoryDatabase, type OpenOptions, openDatabase } from "./database.ts";
import { stateFault } from "./faults.ts";
import { type GrantsTable, grantsTable } from "./grants.ts";
import { type InstallationTable, installationTable } from "./installation.ts";
import { type MachineEventsTable, machineEventsTable } from "./machine-events.ts";
import { type MachinesTable, machinesTable } from "./machines.ts";
import { MIGRATIONS } from "./migrations.ts";
import { type Owner, thisProcess } from "./owner.ts";
import { type QuickstartTable, quickstartTable } from "./quickstart.ts";
import { type RunsTable, runsTable } from "./runs.ts";
import { type SessionsTable, sessionsTable } from "./sessions.ts";
import { type StepResultsTable, stepResultsTable } from "./step-results.ts";
import { type WorkspacesTable, workspacesTable } from "./workspaces.ts";

/** What this installation remembers. */
export interface State {
  readonly installation: InstallationTable;
  readonly machines: MachinesTable;
  readonly machineEvents: MachineEventsTable;
  readonly runs: RunsTable;
  readonly stepResults: StepResultsTable;
  readonly workspaces: WorkspacesTable;
  readonly agents: AgentsTable;
  readonly grants: GrantsTable;
  readonly sessions: SessionsTable;
  readonly quickstart: QuickstartTable;
  /** All or nothing (`BEGIN IMMEDIATE`); `work` must not wait. */
  transaction: Connection["transaction"];
  close(): void;
}

/** What a caller may want otherwise. */
export interface StateOptions {
  readonly now?: () => Date;
  /** Milliseconds to wait for another process's write. */
  readonly busyTimeout?: number;
  /** The process that leases are written for. */
  readonly owner?: Owner;
  readonly migrations?: readonly string[];
}

/** Opens the state at `path`, or in `:memory:`; creates and migrates it as needed. */
export function openState(path: string, options: StateOptions = {}): State {
  const open = path === ":memory:" ? memoryDatabase : (settings: OpenOptions) => openDatabase(path, settings);
  try {
    return stateOver(open(settingsFrom(options)), path, options);
  } catch (error) {
    throw stateFault(error, path, () => []);
  }
}

/** Opens the state for a command that changes nothing: where there is none yet it is empty, and none is created. */
export function openStateToRead(path: string, options: StateOptions = {}): State {
  if (existsSync(path)) return openState(path, options);
  const database = memoryDatabase(settingsFrom(options));
  // An installation that does not exist yet: one constant id, so that what is shown of it never changes.
  database.run("UPDATE installation SET id = hex(zeroblob(16))");
  database.run("PRAGMA query_only = ON");
  return stateOver(database, path, options);
}

function settingsFrom({ now, busyTimeout = 5000, migrations = MIGRATIONS }: StateOptions): OpenOptions {
  return { now: now?.() ?? new Date(), busyTimeout, migrations };
}

function stateOver(
  database: Database,
  path: string,
  { now = () => new Date(), owner = thisProcess() }: StateOptions,
): State {
  const connection = connect(database, path, now, owner);
  return {
    installation: installationTable(connection),
    machines: machinesTable(connection),
    machineEvents: machineEventsTable(connection),
    runs: runsTable(connection),
    stepResults: stepResultsTable(connection),
    workspaces: workspacesTable(connection),
    agents: agentsTable(connection),
    grants: grantsTable(connection),
    sessions: sessionsTable(connection),
    quickstart: quickstartTable(connection),
    transaction: connection.transaction,
    close: () => database.close(),
  };
}
