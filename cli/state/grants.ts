import { UserError } from "../errors.ts";
import { unknownAgent } from "./agents.ts";
import type { Connection } from "./connection.ts";
import { explaining } from "./faults.ts";
import { anyOf, isAnyOf, selecting } from "./rows.ts";

/** That an agent may work in a workspace: because the operator said so, or because a session of its runs there. */
export interface Grant {
  readonly agent: string;
  readonly workspace: string;
  readonly machine: string;
  readonly kind: "explicit" | "implicit";
  /** The session that implies it; null when explicit. */
  readonly session: string | null;
  readonly createdAt: string;
}

/** One grant; `session` null is the explicit one. */
export type GrantKey = Pick<Grant, "agent" | "workspace" | "session">;

/** Which grants a list holds; every one when nothing is said. */
export interface GrantFilter {
  readonly agents?: readonly string[];
  readonly workspaces?: readonly string[];
}

/** Each fact once: granting twice is granting. */
export interface GrantsTable {
  /** False when it was there already. */
  add(grant: GrantKey): boolean;
  /** False when there was none. */
  remove(grant: GrantKey): boolean;
  /** In the order of agents, then workspaces. */
  list(filter?: GrantFilter): Grant[];
}

const KEYS = [
  "agent",
  "workspace",
  "machine",
  "kind",
  "session",
  "createdAt",
] as const satisfies readonly (keyof Grant)[];

const LIST = `
  SELECT ${selecting(KEYS)} FROM grants
  WHERE ${isAnyOf("agent", "agents")} AND ${isAnyOf("workspace", "workspaces")}
  ORDER BY agent, workspace, session`;

const ADD = `
  INSERT INTO grants (agent, workspace, machine, kind, session, created_at)
  SELECT name, $workspace, machine, iif($session IS NULL, 'explicit', 'implicit'), $session, $now FROM agents WHERE name = $agent
  ON CONFLICT DO NOTHING`;

const IS = "agent = $agent AND workspace = $workspace AND session IS $session";

/** The table over a connection. */
export function grantsTable(connection: Connection): GrantsTable {
  const key = ({ agent, workspace, session }: GrantKey) => ({ agent, workspace, session });
  return {
    add: (grant) =>
      connection.transaction(() => {
        const { agent, workspace } = grant;
        if (connection.get("SELECT 1 FROM agents WHERE name = $agent", { agent }) === null) unknownAgent(agent);
        const added = explaining(
          () => connection.run(ADD, { ...key(grant), now: connection.stamp() }),
          () =>
            new UserError(
              `Workspace ${workspace} is not on the machine of agent ${agent}.`,
              "agentworks workspace list",
            ),
        );
        return added > 0;
      }),
    remove: (grant) => connection.run(`DELETE FROM grants WHERE ${IS}`, key(grant)) > 0,
    list: ({ agents, workspaces } = {}) =>
      connection.all(LIST, { agents: anyOf(agents), workspaces: anyOf(workspaces) }),
  };
}
