import { UserError } from "../errors.ts";
import type { Connection, SqlValues } from "./connection.ts";
import { explaining } from "./faults.ts";
import { anyOf, assigning, inserting, isAnyOf, selecting } from "./rows.ts";

export type Provisioning = "pending" | "in_progress" | "complete" | "failed";
export type Init = Provisioning | "partial";

/** A machine as we know it without asking it. */
export interface Machine {
  readonly name: string;
  readonly platform: string;
  /** Its id there; opaque to everyone but its provider. */
  readonly platformId: string | null;
  readonly template: string;
  readonly adminUser: string;
  /** The ssh destination as the operator gave it, for adopted machines: `[loginUser@]host[:port]`. */
  readonly host: string | null;
  readonly port: number | null;
  readonly loginUser: string | null;
  readonly network: "direct" | "tailscale";
  /** Where it is reached now. */
  readonly address: string | null;
  /** Its public host keys, one line each. */
  readonly hostKeys: readonly string[];
  readonly cpus: number | null;
  /** GiB, as are disk and swap. */
  readonly memory: number | null;
  readonly disk: number | null;
  readonly swap: number | null;
  readonly adopted: boolean;
  readonly provisioning: Provisioning;
  readonly init: Init;
  /** Of the configuration that was applied last. */
  readonly configDigest: string | null;
  readonly stoppedByOperator: boolean;
  readonly bootId: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** What a new machine must say; the rest is unknown yet. */
export type NewMachine = Pick<Machine, "name" | "platform" | "template" | "adminUser" | "network"> & MachineChanges;
/** What may change later. */
export type MachineChanges = Partial<Omit<Machine, "name" | "platform" | "createdAt" | "updatedAt">>;

/** A line of `vm list`. */
export interface MachineOverview extends Machine {
  readonly workspaces: number;
  readonly agents: number;
  readonly sessions: number;
}

/** Which machines a list holds; every one when nothing is said. */
export interface MachineFilter {
  readonly names?: readonly string[];
  readonly platforms?: readonly string[];
}

/** The machines; lists are in the order of names. */
export interface MachinesTable {
  insert(machine: NewMachine): Machine;
  find(name: string): Machine | null;
  findByPlatformId(platform: string, platformId: string): Machine | null;
  names(): string[];
  list(filter?: MachineFilter): MachineOverview[];
  update(name: string, changes: MachineChanges): Machine;
  /** Refused while the machine holds workspaces or agents. */
  remove(name: string): void;
  /** With all it holds: sessions, grants, agents, workspaces, runs, events. */
  removeWithContents(name: string): void;
}

const KEYS = [
  ...["name", "platform", "platformId", "template", "adminUser", "host", "port", "loginUser", "network", "address"],
  ...["hostKeys", "cpus", "memory", "disk", "swap", "adopted", "provisioning", "init", "configDigest"],
  ...["stoppedByOperator", "bootId", "createdAt", "updatedAt"],
] as const satisfies readonly (keyof Machine)[];

const SELECT = `SELECT ${selecting(KEYS)} FROM machines`;

const LIST = `
  SELECT ${selecting(KEYS)},
    (SELECT count(*) FROM workspaces WHERE machine = machines.name) AS workspaces,
    (SELECT count(*) FROM agents WHERE machine = machines.name) AS agents,
    (SELECT count(*) FROM sessions WHERE machine = machines.name) AS sessions
  FROM machines
  WHERE ${isAnyOf("name", "names")} AND ${isAnyOf("platform", "platforms")}
  ORDER BY name`;

/** The table over a connection. */
export function machinesTable(connection: Connection): MachinesTable {
  const find = (name: string) => one(connection.get<Row<Machine>>(`${SELECT} WHERE name = $name`, { name }));
  const findByPlatformId = (platform: string, platformId: string) =>
    one(
      connection.get<Row<Machine>>(`${SELECT} WHERE platform = $platform AND platform_id = $platformId`, {
        platform,
        platformId,
      }),
    );
  const existing = (name: string): Machine => find(name) ?? unknownMachine(name);
  const remove = (name: string) => {
    explaining(
      () => connection.run("DELETE FROM machines WHERE name = $name", { name }) || unknownMachine(name),
      () => new UserError(`Machine ${name} still holds workspaces or agents.`, `agentworks vm delete ${name} --force`),
    );
  };
  const taken = (machine: MachineChanges & Pick<Machine, "name" | "platform">): UserError => {
    const owner = machine.platformId ? findByPlatformId(machine.platform, machine.platformId) : null;
    if (owner === null || owner.name === machine.name)
      return new UserError(`Machine ${machine.name} exists already.`, `agentworks vm describe ${machine.name}`);
    return new UserError(
      `This ${machine.platform} machine is known already, as ${owner.name}.`,
      `agentworks vm describe ${owner.name}`,
    );
  };
  return {
    insert: (machine) => {
      const now = connection.stamp();
      const row = toRow({ ...UNKNOWN_YET, ...machine, createdAt: now, updatedAt: now });
      explaining(
        () => connection.run(`INSERT INTO machines ${inserting(row)}`, row),
        () => taken(machine),
      );
      return existing(machine.name);
    },
    find,
    findByPlatformId,
    names: () => connection.all<{ name: string }>("SELECT name FROM machines ORDER BY name").map(({ name }) => name),
    list: ({ names, platforms } = {}) =>
      connection.all<Row<MachineOverview>>(LIST, { names: anyOf(names), platforms: anyOf(platforms) }).map(fromRow),
    update: (name, changes) => {
      const row = toRow({ ...changes, updatedAt: connection.stamp() });
      explaining(
        () =>
          connection.run(`UPDATE machines SET ${assigning(row)} WHERE name = $name`, { ...row, name }) ||
          unknownMachine(name),
        () => taken({ ...changes, name, platform: existing(name).platform }),
      );
      return existing(name);
    },
    remove,
    removeWithContents: (name) =>
      connection.transaction(() => {
        for (const table of ["sessions", "agents", "workspaces"]) {
          connection.run(`DELETE FROM ${table} WHERE machine = $name`, { name });
        }
        remove(name);
      }),
  };
}

/** The error for a name that no machine has. */
export function unknownMachine(name: string): never {
  throw new UserError(`There is no machine ${name}.`, "agentworks vm list");
}

const UNKNOWN_YET = {
  hostKeys: [],
  adopted: false,
  provisioning: "pending",
  init: "pending",
  stoppedByOperator: false,
} as const;

type Row<Of extends Machine> = Omit<Of, "hostKeys" | "adopted" | "stoppedByOperator"> & {
  readonly hostKeys: string;
  readonly adopted: number;
  readonly stoppedByOperator: number;
};

const fromRow = <Of extends Machine>(row: Row<Of>): Of =>
  ({
    ...row,
    hostKeys: JSON.parse(row.hostKeys),
    adopted: row.adopted === 1,
    stoppedByOperator: row.stoppedByOperator === 1,
  }) as unknown as Of;

const one = (row: Row<Machine> | null): Machine | null => row && fromRow<Machine>(row);

function toRow({ hostKeys, ...rest }: Partial<Machine>): SqlValues {
  return hostKeys === undefined ? rest : { ...rest, hostKeys: JSON.stringify(hostKeys) };
}
