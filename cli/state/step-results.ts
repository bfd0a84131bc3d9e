import type { StepResult } from "../../steps/step.ts";
import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { inserting, selecting } from "./rows.ts";

/** How one step of a run ended. */
export interface StepRecord {
  /** Its place in the plan, from 0. */
  readonly position: number;
  /** The step's id: `agent/account`. */
  readonly step: string;
  readonly subject: string;
  readonly name: string;
  readonly result: StepResult;
  readonly ms: number;
}

/** How a step ended when it was last part of a run. */
export interface LastStep extends StepRecord {
  readonly run: string;
  readonly operation: string;
  readonly startedAt: string;
}

/** What the steps of each run came to. */
export interface StepResultsTable {
  /** May be repeated: a run that is followed again tells its events again. */
  record(run: string, result: StepRecord): void;
  list(run: string): StepRecord[];
  /** For every step that ever ran on a machine, its last result; in the order of runs and plans. */
  lastPerStep(machine: string): LastStep[];
}

const KEYS = ["position", "step", "subject", "name", "result", "ms"] as const satisfies readonly (keyof StepRecord)[];

// max() picks the row that the other columns come from; rowids grow with every run.
const LAST = `
  SELECT ${selecting(KEYS, "step_results")}, run, operation, started_at AS startedAt, max(runs.rowid) AS latest
  FROM runs JOIN step_results ON step_results.run = runs.id
  WHERE machine = $machine
  GROUP BY step, subject
  ORDER BY latest, position`;

/** The table over a connection. */
export function stepResultsTable(connection: Connection): StepResultsTable {
  return {
    record: (run, { position, step, subject, name, result, ms }) => {
      const row = { run, position, step, subject, name, result, ms };
      explaining(
        () => connection.run(`INSERT OR REPLACE INTO step_results ${inserting(row)}`, row),
        () => new UserError(`Run ${run} was removed with its machine.`, "agentworks vm list"),
      );
    },
    list: (run) =>
      connection.all(`SELECT ${selecting(KEYS)} FROM step_results WHERE run = $run ORDER BY position`, { run }),
    lastPerStep: (machine) =>
      connection.all<LastStep & { latest: number }>(LAST, { machine }).map(({ latest: _, ...last }) => last),
  };
}
