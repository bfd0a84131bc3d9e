import type { Connection } from "./connection.ts";

/** Which agentworks this is: its id stands in the records on its machines. */
export interface Installation {
  readonly id: string;
  readonly createdAt: string;
}

/** The one row that says which installation this state belongs to. */
export interface InstallationTable {
  get(): Installation;
}

/** The table over a connection. */
export function installationTable(connection: Connection): InstallationTable {
  return {
    get: () => {
      const row = connection.get<Installation>("SELECT id, created_at AS createdAt FROM installation");
      if (row === null) throw new Error("the installation has no row");
      return row;
    },
  };
}
