import { parseStatuses, type SessionStatus, statusRequest } from "../../../steps/session/status.ts";
import type { Context } from "../../context.ts";
import { read } from "../../run/read.ts";
import type { Machine } from "../../state/machines.ts";
import type { Session } from "../../state/sessions.ts";
import { powerIfTold } from "../machine/powers.ts";
import { adminTransport } from "../machine/reach.ts";

/** What a session's status may be. */
export const STATUSES = ["running", "exited", "stopped", "unreachable", "unknown"] as const;

/** How a session is, as it is shown. */
export interface Status {
  /** Null when nobody asked. */
  readonly status: SessionStatus["status"] | null;
  /** Of a command that has ended. */
  readonly exitCode: number | null;
  /** Seconds since the last output of one that runs. */
  readonly idle: number | null;
  /** Bytes. */
  readonly memory: number | null;
  /** Milliseconds of processor time. */
  readonly cpu: number | null;
}

/** The status of a session that was not asked about. */
export const NOT_ASKED: Status = { status: null, exitCode: null, idle: null, memory: null, cpu: null };
const UNKNOWN: Status = { ...NOT_ASKED, status: "unknown" };
/** Of a machine that is off. */
const OFF: Status = { ...NOT_ASKED, status: "stopped" };

/** How long a machine has to answer a person who waits for a list, and how many are asked at once. */
const LIMIT_MS = 9000;
const AT_ONCE = 24;

/** Asks each machine of these sessions once. Of a machine that does not answer they are unknown, and stderr says why. */
export async function askStatuses(
  context: Context,
  sessions: readonly Session[],
  limitMs = LIMIT_MS,
): Promise<ReadonlyMap<string, Status>> {
  const waiting = [...Map.groupBy(sessions, ({ machine }) => machine)];
  const statuses = new Map<string, Status>();
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [machine, own] = next;
      const names = own.map(({ name }) => name);
      const told = await askMachine(context, machine, names, limitMs);
      for (const name of names) statuses.set(name, told.get(name) ?? UNKNOWN);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return statuses;
}

/** `running`, `exited (1)`, `-`. */
export function shownStatus({ status, exitCode }: Pick<Status, "status" | "exitCode">): string {
  return status === "exited" ? `exited (${exitCode})` : (status ?? "-");
}

async function askMachine(
  context: Context,
  name: string,
  sessions: readonly string[],
  limitMs: number,
): Promise<ReadonlyMap<string, Status>> {
  const { screen, interrupts } = context;
  const machine = context.state().machines.find(name);
  if (machine === null) return new Map();
  const options = { limitMs, cancel: interrupts.requested };
  const answer = await read(adminTransport(context, machine), statusRequest(sessions), options);
  const told = answer.kind === "answer" ? parseStatuses(answer.text, sessions) : undefined;
  if (told !== undefined) return new Map([...told].map(([session, status]) => [session, shown(status)]));
  if (answer.kind === "silent" && (await isOff(context, machine)))
    return new Map(sessions.map((session) => [session, OFF]));
  const why = answer.kind === "answer" ? "its answer was cut off" : answer.message;
  screen.err(`Warning: how the sessions on '${name}' are is not known: ${why}`);
  return new Map();
}

/** Whether a machine that did not answer is stopped, and its sessions with it. */
async function isOff(context: Context, machine: Machine): Promise<boolean> {
  return !machine.adopted && (await powerIfTold(context, machine)) === "stopped";
}

function shown(told: SessionStatus): Status {
  const { status, memory, cpu } = told;
  return {
    status,
    exitCode: told.status === "exited" ? told.code : null,
    idle: told.status === "running" ? told.idle : null,
    memory,
    cpu,
  };
}
