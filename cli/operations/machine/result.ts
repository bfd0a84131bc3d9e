import type { StepOutcome } from "../../../steps/events.ts";
import type { Result } from "../../command.ts";
import { EXIT } from "../../errors.ts";
import { type Executed, failure } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";

/** What `vm create` and `vm reinit` tell when they end. */
export interface MachineChange {
  readonly machine: Machine;
  readonly outcome: Executed["outcome"];
  readonly steps: readonly Omit<StepOutcome, "report">[];
  readonly logPath: string;
}

/** The result of a change to a machine; throws when it failed, exit 4 when steps that are not fatal failed. */
export function machineResult(machine: Machine, executed: Executed, done: string): Result<MachineChange> {
  const again =
    machine.provisioning === "complete"
      ? `agentworks vm reinit ${machine.name}`
      : `agentworks vm create ${machine.name}, which goes on, or agentworks vm delete ${machine.name} --purge`;
  const { name } = machine;
  if (executed.outcome !== "complete" && executed.outcome !== "partial") {
    throw failure(executed, `'${name}' is not ready`, again);
  }
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
