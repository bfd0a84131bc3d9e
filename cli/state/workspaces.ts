import { UserError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { unknownMachine } from "./machines.ts";
import { anyOf, inserting, isAnyOf, selecting } from "./rows.ts";

/** A row is written before its thing is made and removed after the thing is gone. */
export type Lifecycle = "creating" | "ready" | "deleting";

/** A project directory on a machine. */
export interface Workspace {
  readonly name: string;
  readonly machine: string;
  /** The user and group that own it: `ws-site`. */
  readonly linuxUser: string;
  readonly path: string;
  readonly template: string;
  readonly repo: string | null;
  readonly branch: string | null;
  readonly lifecycle: Lifecycle;
  readonly createdAt: string;
}

/** A workspace before it is made. */
export type NewWorkspace = Omit<Workspace, "lifecycle" | "createdAt">;

/** Which workspaces a list holds; every one when nothing is said. */
export interface WorkspaceFilter {
  readonly names?: readonly string[];
  readonly machines?: readonly string[];
}

/** The workspaces; names are unique over all machines, lists in their order. */
export interface WorkspacesTable {
  insert(workspace: NewWorkspace): Workspace;
  find(name: string): Workspace | null;
  names(): string[];
  list(filter?: WorkspaceFilter): Workspace[];
  setLifecycle(name: string, lifecycle: Lifecycle): void;
  /** With its grants; refused while it holds sessions. */
  remove(name: string): void;
}

const KEYS = [
  ...["name", "machine", "linuxUser", "path", "template", "repo", "branch", "lifecycle", "createdAt"],
] as const satisfies readonly (keyof Workspace)[];

const SELECT = `SELECT ${selecting(KEYS)} FROM workspaces`;

/** The table over a connection. */
export function workspacesTable(connection: Connection): WorkspacesTable {
  const find = (name: string) => connection.get<Workspace>(`${SELECT} WHERE name = $name`, { name });
  return {
    insert: (workspace) => {
      const row: Workspace = { ...workspace, lifecycle: "creating", createdAt: connection.stamp() };
      explaining(
        () => connection.run(`INSERT INTO workspaces ${inserting({ ...row })}`, { ...row }),
        (rule) => (rule === "reference" ? unknownMachine(row.machine) : taken(row, find(row.name))),
      );
      return row;
    },
    find,
    names: () => connection.all<{ name: string }>("SELECT name FROM workspaces ORDER BY name").map(({ name }) => name),
    list: ({ names, machines } = {}) =>
      connection.all(
        `${SELECT} WHERE ${isAnyOf("name", "names")} AND ${isAnyOf("machine", "machines")} ORDER BY name`,
        {
          names: anyOf(names),
          machines: anyOf(machines),
        },
      ),
    setLifecycle: (name, lifecycle) => {
      const values = { name, lifecycle };
      connection.run("UPDATE workspaces SET lifecycle = $lifecycle WHERE name = $name", values) ||
        unknownWorkspace(name);
    },
    remove: (name) => {
      explaining(
        () => connection.run("DELETE FROM workspaces WHERE name = $name", { name }) || unknownWorkspace(name),
        () => new UserError(`Workspace ${name} still holds sessions.`, `agentworks workspace delete ${name} --force`),
      );
    },
  };
}

/** The error for a name that no workspace has. */
export function unknownWorkspace(name: string): never {
  throw new UserError(`There is no workspace ${name}.`, "agentworks workspace list");
}

function taken(row: Workspace, namesake: Workspace | null): UserError {
  if (namesake === null) {
    return new UserError(
      `Another workspace on ${row.machine} has the path ${row.path} or the user ${row.linuxUser}.`,
      "agentworks workspace list",
    );
  }
  return new UserError(
    `Workspace ${row.name} exists already, on ${namesake.machine}.`,
    `agentworks workspace describe ${row.name}`,
  );
}
