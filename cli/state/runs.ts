import type { RunOutcome } from "../../steps/step.ts";
import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { unknownMachine } from "./machines.ts";
import { type Owner, ownerAlive } from "./owner.ts";
import { inserting, selecting } from "./rows.ts";

/** One change to one thing on a machine. While it is open it is the lease on that thing. */
export interface Run extends Owner {
  readonly id: string;
  readonly machine: string;
  /** The command: `vm reinit dev`. */
  readonly operation: string;
  /**
   * What it changes: `machine:dev`, `init:dev`, `agent:claude`, `workspace:site`, `session:fix`; `platform:dev` is the machine as its
   * platform sees it (made, started, stopped, removed), which is no run on the machine and dies with its process.
   */
  readonly thing: string;
  /** The boot of the machine that it was sent to. */
  readonly bootId: string | null;
  readonly scriptSha256: string | null;
  readonly state: "open" | RunOutcome;
  readonly logPath: string | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** A run before it began. */
export type NewRun = Pick<Run, "id" | "machine" | "operation" | "thing"> &
  Partial<Pick<Run, "bootId" | "scriptSha256" | "logPath">>;

/** The lease on a machine as its platform sees it. While another process holds it, nothing else begins on that machine. */
export function platformThing(machine: string): string {
  return `platform:${machine}`;
}

/** Another run is open on the same thing. Whoever can ask the machine does, and then takes it over. */
export class LeaseHeld extends UserError {
  readonly run: Run;
  /** Whether the process that began it still runs. */
  readonly alive: boolean;

  constructor(run: Run, alive: boolean) {
    const what = run.thing === platformThing(run.machine) ? `'${run.machine}'` : run.thing;
    super(
      `${run.operation} ${alive ? "is changing" : "ended without a word while it changed"} ${what} (pid ${run.pid}, since ${run.startedAt}).`,
      alive ? `agentworks vm logs ${run.machine} --follow` : `agentworks vm describe ${run.machine}`,
    );
    this.name = "LeaseHeld";
    this.run = run;
    this.alive = alive;
  }
}

/** The runs of all machines; lists are in the order they began. */
export interface RunsTable {
  /** Throws `LeaseHeld` when a run on the same thing is open, or another process has the machine's platform in hand. */
  begin(run: NewRun): Run;
  /** As `begin`, and throws `LeaseHeld` while anything of another process is open on the machine. */
  beginAlone(run: NewRun): Run;
  /** Makes this process the owner of an open run whose owner died; throws `LeaseHeld` when it lives. Null: not open any more. */
  takeOver(id: string): Run | null;
  setBootId(id: string, bootId: string): void;
  /** False when it had ended already: the first outcome stays. */
  finish(id: string, outcome: RunOutcome): boolean;
  find(id: string): Run | null;
  /** The open runs of a machine, or of all. */
  open(machine?: string): Run[];
  /** The run of a machine that began last. */
  last(machine: string): Run | null;
}

const KEYS = [
  ...["id", "machine", "operation", "thing", "pid", "pidStart", "bootId", "scriptSha256", "state", "logPath"],
  ...["startedAt", "endedAt"],
] as const satisfies readonly (keyof Run)[];

const SELECT = `SELECT ${selecting(KEYS)} FROM runs`;

/** The table over a connection. */
export function runsTable(connection: Connection): RunsTable {
  const find = (id: string) => connection.get<Run>(`${SELECT} WHERE id = $id`, { id });
  const holder = ({ machine, thing }: NewRun, others: string) =>
    connection.get<Run>(
      `${SELECT} WHERE machine = $machine AND state = 'open'
         AND (thing = $thing OR thing GLOB $others AND NOT (pid = $pid AND pid_start = $pidStart)) ORDER BY rowid LIMIT 1`,
      { machine, thing, others, ...connection.owner },
    );
  const begin = (run: NewRun, others: string): Run => {
    const { pid, pidStart } = connection.owner;
    const unset = { bootId: null, scriptSha256: null, logPath: null, endedAt: null };
    const begun: Run = { ...unset, ...run, pid, pidStart, state: "open", startedAt: connection.stamp() };
    return connection.transaction(() => {
      const held = holder(run, others);
      if (held !== null) throw new LeaseHeld(held, ownerAlive(held));
      explaining(
        () => connection.run(`INSERT INTO runs ${inserting({ ...begun })}`, { ...begun }),
        (rule) =>
          rule === "reference"
            ? unknownMachine(run.machine)
            : new UserError(`Run ${run.id} exists already.`, "run the command again"),
      );
      return begun;
    });
  };
  return {
    begin: (run) => begin(run, platformThing("*")),
    beginAlone: (run) => begin(run, "*"),
    takeOver: (id) =>
      connection.transaction(() => {
        const run = find(id);
        if (run?.state !== "open") return null;
        const { pid, pidStart } = connection.owner;
        const own = run.pid === pid && run.pidStart === pidStart;
        if (!own && ownerAlive(run)) throw new LeaseHeld(run, true);
        connection.run("UPDATE runs SET pid = $pid, pid_start = $pidStart WHERE id = $id", { id, pid, pidStart });
        return { ...run, pid, pidStart };
      }),
    setBootId: (id, bootId) => {
      connection.run("UPDATE runs SET boot_id = $bootId WHERE id = $id", { id, bootId });
    },
    finish: (id, outcome) =>
      connection.run("UPDATE runs SET state = $outcome, ended_at = $now WHERE id = $id AND state = 'open'", {
        id,
        outcome,
        now: connection.stamp(),
      }) > 0,
    find,
    open: (machine) =>
      connection.all<Run>(
        `${SELECT} WHERE state = 'open' AND ($machine IS NULL OR machine = $machine) ORDER BY rowid`,
        {
          machine: machine ?? null,
        },
      ),
    last: (machine) =>
      connection.get<Run>(`${SELECT} WHERE machine = $machine ORDER BY rowid DESC LIMIT 1`, { machine }),
  };
}
