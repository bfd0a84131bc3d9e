import type { Context } from "../../context.ts";
import { MachineError } from "../../errors.ts";
import type { Executed } from "../../run/execute.ts";
import type { Init } from "../../state/machines.ts";
import { pinHostKeys } from "./trust.ts";

/** What a run of `initialise` came to, in the state: status, event, and the host keys that the machine reported. */
export function recordInit(context: Context, machine: string, executed: Executed): void {
  const { machines, machineEvents } = context.state();
  const keys = executed.report("machine/host-keys");
  if (keys !== undefined) pinHostKeys(context, machine, hostKeyLines(machine, keys));
  const failed = executed.steps.filter((step) => step.result === "failed").map((step) => step.name);
  switch (executed.outcome) {
    case "complete":
    case "partial":
    case "failed":
      machines.update(machine, { init: executed.outcome });
      machineEvents.add(machine, `init_${executed.outcome}`, ...(failed.length === 0 ? [] : [failed.join(", ")]));
      return;
    case "interrupted":
    case "lost":
      recordBrokenOff(context, machine, executed.outcome);
  }
}

/** A run that broke off, in the state: a machine that was ready before still works, another one does not yet. */
export function recordBrokenOff(context: Context, machine: string, how: "interrupted" | "lost"): void {
  const { machines, machineEvents } = context.state();
  const wasReady = machineEvents
    .list(machine)
    .some(({ event }) => event === "init_complete" || event === "init_partial");
  const init: Init = wasReady ? "partial" : "failed";
  machines.update(machine, { init });
  machineEvents.add(machine, `init_${how}`);
}

/** A machine's word about its own keys, checked: it becomes lines of our known_hosts. */
function hostKeyLines(machine: string, report: string): readonly string[] {
  const lines = report.split("\n").filter((line) => line !== "");
  const form = /^((?:ssh|ecdsa)-[a-z0-9@.-]+) ([A-Za-z0-9+/]+=*)(?: .*)?$/;
  const keys = lines
    .map((line) => form.exec(line))
    .map((match) => (match === null ? undefined : `${match[1]} ${match[2]}`));
  if (keys.length > 0 && keys.every((key) => key !== undefined)) return keys;
  throw new MachineError(`'${machine}' reported host keys that are none.`, `agentworks vm logs ${machine}`);
}
