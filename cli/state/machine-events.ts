import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { unknownMachine } from "./machines.ts";
import { inserting } from "./rows.ts";

/** What happened to a machine as a whole. */
export type MachineEventName =
  | `${"provisioning" | "init" | "backup"}_${"started" | "complete" | "failed"}`
  | "init_partial"
  | "init_interrupted"
  | "init_lost"
  | "rekey";

/** A line of a machine's history. */
export interface MachineEvent {
  readonly event: MachineEventName;
  readonly detail: string | null;
  readonly at: string;
}

/** Each machine's history, oldest first. */
export interface MachineEventsTable {
  add(machine: string, event: MachineEventName, detail?: string): void;
  list(machine: string): MachineEvent[];
}

/** The table over a connection. */
export function machineEventsTable(connection: Connection): MachineEventsTable {
  return {
    add: (machine, event, detail) => {
      const row = { machine, event, detail: detail ?? null, at: connection.stamp() };
      explaining(
        () => connection.run(`INSERT INTO machine_events ${inserting(row)}`, row),
        () => unknownMachine(machine),
      );
    },
    list: (machine) =>
      connection.all("SELECT event, detail, at FROM machine_events WHERE machine = $machine ORDER BY id", { machine }),
  };
}
