import type { Power } from "../../../providers/provider.ts";
import type { Context } from "../../context.ts";
import { closeDead, isOnPlatform } from "../../run/lease.ts";
import type { Agent } from "../../state/agents.ts";
import type { MachineEvent } from "../../state/machine-events.ts";
import type { Machine } from "../../state/machines.ts";
import { ownerAlive } from "../../state/owner.ts";
import type { Run } from "../../state/runs.ts";
import type { Session } from "../../state/sessions.ts";
import type { LastStep } from "../../state/step-results.ts";
import type { Workspace } from "../../state/workspaces.ts";
import { listLogs } from "../../workstation/logs.ts";
import { collectRun, purgedMeanwhile } from "./collect-run.ts";
import { askLive, type Live } from "./live.ts";
import { powersOf } from "./powers.ts";
import { wayIn } from "./reach.ts";

/** A run whose end we have not recorded: what its machine says of it now. */
export interface OpenRun {
  readonly id: string;
  readonly operation: string;
  readonly thing: string;
  readonly startedAt: string;
  readonly pid: number;
  readonly clientAlive: boolean;
  /** `running`, how it ended, `lost` (the machine was restarted, or never got it), or `unreachable`. */
  readonly state: string;
}

/** What `vm describe` shows. */
export interface Description {
  readonly machine: Machine;
  /** How a machine that we made is on its platform; null of an adopted one, or where the platform does not tell. */
  readonly power: Power | null;
  readonly live: Live;
  readonly openRuns: readonly OpenRun[];
  readonly workspaces: readonly Workspace[];
  readonly agents: readonly (Agent & { readonly grants: number })[];
  readonly sessions: readonly Session[];
  readonly steps: readonly LastStep[];
  readonly events: readonly MachineEvent[];
  /** The log of the last operation. */
  readonly logPath: string | null;
}

/** Gathers all of it; the machine has 5 s to answer. */
export async function describeMachine(context: Context, machine: Machine): Promise<Description> {
  const state = context.state();
  const open = state.runs.open(machine.name);
  const asked = open.filter((run) => !isOnPlatform(run)).map(({ id }) => id);
  const [live, powers] = await Promise.all([askLive(context, machine, asked), powersOf(context, [machine])]);
  await collectEnded(context, machine, open, live);
  if (state.machines.find(machine.name) === null) throw purgedMeanwhile(machine.name);
  const mine = { machines: [machine.name] };
  return {
    machine: state.machines.find(machine.name) ?? machine,
    power: powers.get(machine.name) ?? null,
    live,
    openRuns: state.runs.open(machine.name).map((run) => openRun(run, live)),
    workspaces: state.workspaces.list(mine),
    agents: state.agents
      .list(mine)
      .map((agent) => ({ ...agent, grants: state.grants.list({ agents: [agent.name] }).length })),
    sessions: state.sessions.list(mine),
    steps: state.stepResults.lastPerStep(machine.name),
    events: state.machineEvents.list(machine.name),
    logPath: listLogs(context.home.logs, machine.name).at(-1)?.path ?? null,
  };
}

function openRun(run: Run, live: Live): OpenRun {
  const { id, operation, thing, startedAt, pid } = run;
  const clientAlive = ownerAlive(run);
  const told = live.status === "running" ? (live.runs[id] ?? "lost") : "unreachable";
  // Work on a platform lives and dies with its client.
  const state = isOnPlatform(run) ? "running" : told;
  return { id, operation, thing, startedAt, pid, clientAlive, state };
}

/** Records the runs that ended while nobody was watching. One that goes on is left to whoever follows it. */
async function collectEnded(context: Context, machine: Machine, open: readonly Run[], live: Live): Promise<void> {
  for (const run of open) if (isOnPlatform(run) && !ownerAlive(run)) closeDead(context, run);
  if (live.status !== "running") return;
  const target = { machine: machine.name, transport: wayIn(context, machine) };
  for (const run of open) {
    if (ownerAlive(run) || isOnPlatform(run) || live.runs[run.id] === "running") continue;
    await collectRun(context, target, run);
  }
}
