import type { StepOutcome } from "../../../steps/events.ts";
import type { Result } from "../../command.ts";
import { EXIT, type UserError } from "../../errors.ts";
import { type Executed, failure } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";

/** What `vm create` and `vm reinit` tell when they end. */
export interface MachineChange {
  readonly machine: Machine;
  readonly outcome: Executed["outcome"];
  readonly steps: readonly Omit<StepOutcome, "report">[];
  readonly logPath: string;
}

/** How a creation that did not end is gone on with, or taken back. */
export function goOn({ name, adopted }: Pick<Machine, "name" | "adopted">): string {
  return `agentworks vm create ${name}, which goes on, or agentworks vm delete ${name}${adopted ? " --purge" : ""}`;
}

/** The error of a run that left a machine unready. */
export function notReady(machine: Machine, executed: Executed): UserError {
  const again = machine.provisioning === "complete" ? `agentworks vm reinit ${machine.name}` : goOn(machine);
  return failure(executed, `'${machine.name}' is not ready`, again);
}

/** The result of a change to a machine; throws when it failed, exit 4 when steps that are not fatal failed. */
export function machineResult(machine: Machine, executed: Executed, done: string): Result<MachineChange> {
  const { name } = machine;
  if (executed.outcome !== "complete" && executed.outcome !== "partial") throw notReady(machine, executed);
  const steps = executed.steps.map(({ id, subject, name: title, result, ms }) => ({
    id,
    subject,
    name: title,
    result,
    ms,
  }));
  const failed = steps.filter((step) => step.result === "failed").map((step) => step.name);
  const text =
    failed.length === 0
      ? done
      : `${done}\nThese steps failed: ${failed.join(", ")}. Log: ${executed.logPath}\nTry them again: agentworks vm reinit ${name}`;
  return {
    data: { machine, outcome: executed.outcome, steps, logPath: executed.logPath },
    text: () => text,
    exitCode: failed.length > 0 ? EXIT.partial : EXIT.done,
  };
}
