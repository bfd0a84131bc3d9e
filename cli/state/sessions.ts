import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { anyOf, assigning, inserting, isAnyOf, selecting } from "./rows.ts";
import type { Lifecycle } from "./workspaces.ts";

/** A tmux on a machine that outlives the operator's connection. Whether it runs is asked of the machine, never stored. */
export interface Session {
  readonly name: string;
  readonly machine: string;
  readonly workspace: string;
  /** Null: the admin's. */
  readonly agent: string | null;
  readonly template: string;
  /** As the operator gave it; empty is a login shell. */
  readonly command: string;
  readonly linuxUser: string;
  readonly lifecycle: Lifecycle;
  /** It was made together with this session. */
  readonly createdWorkspace: boolean;
  readonly createdAgent: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A session before it is made. */
export type NewSession = Omit<Session, "lifecycle" | "createdAt" | "updatedAt">;
/** What may change later. */
export type SessionChanges = Partial<Pick<Session, "template" | "command" | "lifecycle">>;

/** Which sessions a list holds; every one when nothing is said. */
export interface SessionFilter {
  readonly names?: readonly string[];
  readonly machines?: readonly string[];
  readonly workspaces?: readonly string[];
  readonly agents?: readonly string[];
}

/** The sessions; names are unique over all machines, lists in their order. */
export interface SessionsTable {
  insert(session: NewSession): Session;
  find(name: string): Session | null;
  names(): string[];
  list(filter?: SessionFilter): Session[];
  update(name: string, changes: SessionChanges): void;
  /** With the grants that it implied. */
  remove(name: string): void;
}

const KEYS = [
  ...["name", "machine", "workspace", "agent", "template", "command", "linuxUser", "lifecycle"],
  ...["createdWorkspace", "createdAgent", "createdAt", "updatedAt"],
] as const satisfies readonly (keyof Session)[];

const SELECT = `SELECT ${selecting(KEYS)} FROM sessions`;

const LIST = `${SELECT}
  WHERE ${isAnyOf("name", "names")} AND ${isAnyOf("machine", "machines")}
    AND ${isAnyOf("workspace", "workspaces")} AND ${isAnyOf("agent", "agents")}
  ORDER BY name`;

/** The table over a connection. */
export function sessionsTable(connection: Connection): SessionsTable {
  const find = (name: string) => {
    const row = connection.get<Row>(`${SELECT} WHERE name = $name`, { name });
    return row && fromRow(row);
  };
  return {
    insert: (session) => {
      const now = connection.stamp();
      const row: Session = { ...session, lifecycle: "creating", createdAt: now, updatedAt: now };
      explaining(
        () => connection.run(`INSERT INTO sessions ${inserting({ ...row })}`, { ...row }),
        (rule) => (rule === "reference" ? elsewhere(row) : taken(row)),
      );
      return row;
    },
    find,
    names: () => connection.all<{ name: string }>("SELECT name FROM sessions ORDER BY name").map(({ name }) => name),
    list: ({ names, machines, workspaces, agents } = {}) =>
      connection
        .all<Row>(LIST, {
          names: anyOf(names),
          machines: anyOf(machines),
          workspaces: anyOf(workspaces),
          agents: anyOf(agents),
        })
        .map(fromRow),
    update: (name, changes) => {
      const row = { ...changes, updatedAt: connection.stamp() };
      connection.run(`UPDATE sessions SET ${assigning(row)} WHERE name = $name`, { ...row, name }) ||
        unknownSession(name);
    },
    remove: (name) => {
      connection.run("DELETE FROM sessions WHERE name = $name", { name }) || unknownSession(name);
    },
  };
}

/** The error for a name that no session has. */
export function unknownSession(name: string): never {
  throw new UserError(`There is no session ${name}.`, "agentworks session list");
}

function elsewhere({ workspace, agent, machine }: Session): UserError {
  const things = agent === null ? `Workspace ${workspace}` : `Workspace ${workspace} or agent ${agent}`;
  return new UserError(`${things} is not on machine ${machine}.`, "agentworks workspace list");
}

function taken({ name }: Session): UserError {
  return new UserError(`Session ${name} exists already.`, `agentworks session describe ${name}`);
}

type Row = Omit<Session, "createdWorkspace" | "createdAgent"> & {
  readonly createdWorkspace: number;
  readonly createdAgent: number;
};

const fromRow = (row: Row): Session => ({
  ...row,
  createdWorkspace: row.createdWorkspace === 1,
  createdAgent: row.createdAgent === 1,
});
