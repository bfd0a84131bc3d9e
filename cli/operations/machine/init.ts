import type { Machine as MachineSpec } from "../../../steps/machine/index.ts";
import type { Plan } from "../../../steps/step.ts";
import { operatorPublicKeys } from "../../config/operator-keys.ts";
import type { Context } from "../../context.ts";
import { initPlan } from "../../plan/machine.ts";
import { type Executed, execute, type Target } from "../../run/execute.ts";
import type { Machine } from "../../state/machines.ts";
import { collectLeft, purgedMeanwhile } from "./collect-run.ts";
import { recordBrokenOff, recordInit } from "./init-status.ts";

/** What of a machine's row decides what it shall be like. */
export type Declared = Pick<Machine, "name" | "adminUser" | "adopted" | "platform"> & Partial<Pick<Machine, "swap">>;

/** What a machine shall be like, from its row and the configuration. Pure but for the operator's public keys. */
export function machineSpec(context: Context, machine: Declared): MachineSpec {
  const config = context.config();
  const installation = context.state().installation.get().id;
  const { name, adminUser, adopted } = machine;
  return {
    name,
    adminUser,
    adminShell: config.adminConfig.shell,
    adopted,
    workspacesRoot: config.paths.vmWorkspaces,
    operatorKeys: operatorPublicKeys(config),
    installation,
    record: JSON.stringify({ installation, name, adminUser }),
  };
}

/** The plan that brings a machine to its declared state. */
export async function machinePlan(
  context: Context,
  machine: Declared,
  operation: string,
  takeOver = false,
): Promise<Plan> {
  const { name, adopted, platform, swap } = machine;
  const spec = machineSpec(context, machine);
  if (adopted) return initPlan(spec, { operation, takeOver });
  const { fenced } = (await context.provider(platform)).features;
  // A name may hold `_`, a host name may not.
  const made = { hostname: name.replaceAll("_", "-"), swapGiB: swap ?? 0, fenced };
  return initPlan({ ...spec, ...made }, { operation, takeOver });
}

/** Initialises a machine and records how that went. An interrupted run is returned: whoever asked undoes it, or says how to go on. */
export async function initialise(context: Context, target: Target, plan: Plan): Promise<Executed> {
  const { machines, machineEvents, runs } = context.state();
  const { machine } = target;
  if (!(await collectLeft(context, target))) throw purgedMeanwhile(machine);
  const before = machines.find(machine)?.init ?? "pending";
  let begun: string | undefined;
  const claim = (run: string) => {
    begun = run;
    machines.update(machine, { init: "in_progress" });
    machineEvents.add(machine, "init_started");
  };
  // What never reached the machine has changed nothing there.
  const reached = () => begun !== undefined && runs.find(begun)?.bootId !== null;
  try {
    const executed = await execute(context, target, { plan, thing: `init:${machine}`, claim });
    if (executed.outcome === "interrupted" && executed.steps.length === 0) machines.update(machine, { init: before });
    else recordInit(context, machine, executed);
    return executed;
  } catch (error) {
    const state = begun === undefined ? undefined : runs.find(begun)?.state;
    if (state === "lost") recordBrokenOff(context, machine, "lost");
    else if (state !== undefined && state !== "open") machines.update(machine, { init: reached() ? "failed" : before });
    throw error;
  }
}
