import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { unknownMachine } from "./machines.ts";
import { anyOf, assigning, inserting, isAnyOf, selecting } from "./rows.ts";
import type { Lifecycle } from "./workspaces.ts";

/** A Linux user on a machine that an AI works as. */
export interface Agent {
  readonly name: string;
  readonly machine: string;
  /** `agt-claude`. */
  readonly linuxUser: string;
  /** Null until the machine has given it one. */
  readonly uid: number | null;
  readonly template: string;
  /** It is granted every workspace of its machine, later ones too. */
  readonly grantAll: boolean;
  readonly lifecycle: Lifecycle;
  readonly createdAt: string;
}

/** An agent before it is made. */
export type NewAgent = Omit<Agent, "uid" | "lifecycle" | "createdAt">;
/** What may change later. */
export type AgentChanges = Partial<Pick<Agent, "uid" | "template" | "grantAll" | "lifecycle">>;

/** Which agents a list holds; every one when nothing is said. */
export interface AgentFilter {
  readonly names?: readonly string[];
  readonly machines?: readonly string[];
}

/** The agents; names are unique over all machines, lists in their order. */
export interface AgentsTable {
  insert(agent: NewAgent): Agent;
  find(name: string): Agent | null;
  names(): string[];
  list(filter?: AgentFilter): Agent[];
  update(name: string, changes: AgentChanges): void;
  /** With its grants; refused while it has sessions. */
  remove(name: string): void;
}

const KEYS = [
  ...["name", "machine", "linuxUser", "uid", "template", "grantAll", "lifecycle", "createdAt"],
] as const satisfies readonly (keyof Agent)[];

const SELECT = `SELECT ${selecting(KEYS)} FROM agents`;

/** The table over a connection. */
export function agentsTable(connection: Connection): AgentsTable {
  const find = (name: string) => {
    const row = connection.get<Row>(`${SELECT} WHERE name = $name`, { name });
    return row && fromRow(row);
  };
  return {
    insert: (agent) => {
      const row: Agent = { ...agent, uid: null, lifecycle: "creating", createdAt: connection.stamp() };
      explaining(
        () => connection.run(`INSERT INTO agents ${inserting({ ...row })}`, { ...row }),
        (rule) => (rule === "reference" ? unknownMachine(row.machine) : taken(row, find(row.name))),
      );
      return row;
    },
    find,
    names: () => connection.all<{ name: string }>("SELECT name FROM agents ORDER BY name").map(({ name }) => name),
    list: ({ names, machines } = {}) =>
      connection
        .all<Row>(`${SELECT} WHERE ${isAnyOf("name", "names")} AND ${isAnyOf("machine", "machines")} ORDER BY name`, {
          names: anyOf(names),
          machines: anyOf(machines),
        })
        .map(fromRow),
    update: (name, changes) => {
      const text = `UPDATE agents SET ${assigning({ ...changes })} WHERE name = $name`;
      explaining(
        () => connection.run(text, { ...changes, name }) || unknownAgent(name),
        () =>
          new UserError(`Another agent on the machine of ${name} has the uid ${changes.uid}.`, "agentworks agent list"),
      );
    },
    remove: (name) => {
      explaining(
        () => connection.run("DELETE FROM agents WHERE name = $name", { name }) || unknownAgent(name),
        () => new UserError(`Agent ${name} still has sessions.`, `agentworks agent delete ${name} --force`),
      );
    },
  };
}

/** The error for a name that no agent has. */
export function unknownAgent(name: string): never {
  throw new UserError(`There is no agent ${name}.`, "agentworks agent list");
}

function taken(row: Agent, namesake: Agent | null): UserError {
  if (namesake === null) {
    return new UserError(`Another agent on ${row.machine} has the user ${row.linuxUser}.`, "agentworks agent list");
  }
  return new UserError(
    `Agent ${row.name} exists already, on ${namesake.machine}.`,
    `agentworks agent describe ${row.name}`,
  );
}

type Row = Omit<Agent, "grantAll"> & { readonly grantAll: number };

const fromRow = (row: Row): Agent => ({ ...row, grantAll: row.grantAll === 1 });
