import type { RunOutcome } from "../../steps/step.ts";
import type { Result } from "../command.ts";
import { EXIT } from "../errors.ts";
import type { Executed } from "../run/execute.ts";

/** What every change to a workspace, an agent or a session tells besides its own. */
export interface Changed {
  readonly outcome: RunOutcome;
  /** The names of steps that failed without stopping the run. */
  readonly failed: readonly string[];
  readonly logPath: string;
}

/** The result of a change that was done; exit 4 when steps that are not fatal failed. */
export function changeResult<Own extends object>(executed: Executed, own: Own, done: string): Result<Own & Changed> {
  const failed = executed.steps.filter(({ result }) => result === "failed").map(({ name }) => name);
  const { outcome, logPath } = executed;
  const text = failed.length === 0 ? done : `${done}\nThese steps failed: ${failed.join(", ")}. Log: ${logPath}`;
  return {
    data: { ...own, outcome, failed, logPath },
    text: () => text,
    exitCode: failed.length === 0 ? EXIT.done : EXIT.partial,
  };
}
