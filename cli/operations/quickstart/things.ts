import type { Context } from "../../context.ts";
import { MachineError, UserError } from "../../errors.ts";
import type { Session } from "../../state/sessions.ts";
import { createAgent } from "../agent/create.ts";
import { livesOf } from "../lifecycle.ts";
import { createSession } from "../session/create.ts";
import { deleteSession } from "../session/delete.ts";
import { askStatuses, NOT_ASKED, type Status, shownStatus } from "../session/status.ts";
import { createWorkspace } from "../workspace/create.ts";
import { NAMES, type Thing } from "./names.ts";
import type { Done } from "./phases.ts";

/** How long a machine has to tell how its session is, and how often one is asked whose session did not answer it in time. */
const LIMIT_MS = 60_000;
const TRIES = 3;

/** A row, as far as quickstart looks at it. */
interface Row {
  readonly createdAt: string;
}

/** The row of a thing by its name, whoever made it. */
export function rowOf(context: Context, thing: Thing): Row | null {
  const state = context.state();
  return thing === "machine" ? state.machines.find(NAMES.machine) : livesOf(state, thing).find(NAMES[thing]);
}

/** Whether quickstart made, or is making, what has the name of a thing now. */
export function isOurs(context: Context, thing: Thing): boolean {
  const row = rowOf(context, thing);
  const record = context.state().quickstart.find(thing);
  return row !== null && record !== null && (record.mark === null || record.mark === row.createdAt);
}

/** Refuses names that somebody else's things have, before anything is made. */
export function refuseForeign(context: Context): void {
  for (const thing of ["machine", "workspace", "agent", "session"] as const) {
    if (rowOf(context, thing) === null || isOurs(context, thing)) continue;
    const noun = thing === "machine" ? "vm" : thing;
    throw new UserError(
      `The ${thing} '${NAMES[thing]}' was not made by quickstart.`,
      `agentworks ${noun} describe ${NAMES[thing]}, then agentworks ${noun} delete ${NAMES[thing]} if it is not needed`,
    );
  }
}

/** Makes a thing with its record before and after; when nothing of it came to be, neither does the record. */
export async function recorded<T>(context: Context, thing: Thing, make: () => Promise<T>): Promise<T> {
  const { quickstart } = context.state();
  quickstart.begin(thing);
  try {
    const made = await make();
    quickstart.mark(thing, rowOf(context, thing)?.createdAt ?? "");
    return made;
  } finally {
    if (rowOf(context, thing) === null) quickstart.forget(thing);
  }
}

/** What making a thing came to. */
export interface Ensured extends Done {
  /** Of the making: 4 when steps that are not fatal failed. */
  readonly exitCode: number;
}

/** The workspace, without any repository. */
export async function ensureWorkspace(context: Context): Promise<Ensured> {
  const input = { name: NAMES.workspace, vm: NAMES.machine, repo: "" };
  return await ensure(context, "workspace", () => createWorkspace(input, context));
}

/** The agent. */
export async function ensureAgent(context: Context): Promise<Ensured> {
  return await ensure(context, "agent", () => createAgent({ name: NAMES.agent, vm: NAMES.machine }, context));
}

/** The session: a login shell, which is of use before anything is installed for the agent. One that has ended is made anew. */
export async function ensureSession(context: Context): Promise<Ensured> {
  const session = context.state().sessions.find(NAMES.session);
  if (session?.lifecycle === "ready") {
    const status = await statusOf(context, session);
    const shown = shownStatus(status);
    if (status.status === "running") return { ...found("session"), why: shown };
    if (status.status !== "exited" && status.status !== "stopped") {
      const next = `agentworks session describe ${session.name}`;
      throw new MachineError(`How session '${session.name}' is cannot be told (${shown}).`, next);
    }
    context.screen.err(`Session '${session.name}' is ${shown}: it is made anew.`);
    await deleteSession({ name: session.name }, context);
  }
  const { workspace, agent, session: name } = NAMES;
  const made = await ensure(context, "session", () => createSession({ name, workspace, agent, command: "" }, context));
  if (made.exitCode === 1) throw new MachineError("The session ended as soon as it began.", "agentworks quickstart");
  return made;
}

/** How a session is. Without acceleration all of this takes its time, and nobody waits for a list. */
async function statusOf(context: Context, session: Session): Promise<Pick<Status, "status" | "exitCode">> {
  for (let tries = 1; ; tries++) {
    const status = (await askStatuses(context, [session], LIMIT_MS)).get(session.name) ?? NOT_ASKED;
    if (status.status !== "unreachable" || tries === TRIES || context.interrupts.requested.aborted) return status;
    await Bun.sleep(1000);
  }
}

async function ensure(
  context: Context,
  thing: "workspace" | "agent" | "session",
  make: () => Promise<{ readonly exitCode?: number }>,
): Promise<Ensured> {
  const life = livesOf(context.state(), thing).find(NAMES[thing]);
  if (life?.lifecycle === "ready") {
    // Its client may have been killed before it could say that it was done.
    context.state().quickstart.mark(thing, life.createdAt);
    return found(thing);
  }
  const { exitCode = 0 } = await recorded(context, thing, make);
  const why = life === null ? "there was none" : "an attempt before had not ended";
  return { name: NAMES[thing], result: "made", why, exitCode };
}

function found(thing: Thing): Ensured {
  return { name: NAMES[thing], result: "found", why: "it is ready", exitCode: 0 };
}
