import type { Channel, Transport } from "../../providers/transport.ts";
import type { Event } from "../../steps/events.ts";
import type { Script } from "../../steps/render.ts";
import type { Secret } from "../../steps/secret.ts";
import { converse, type Talk } from "./converse.ts";

/** What to start, or, without a script, which run to follow. */
export interface Request {
  /** Chosen by us before anything is sent: 16 hex digits. */
  readonly id: string;
  readonly script?: Script;
  /** Whether a lock that somebody else holds is waited for. */
  readonly wait: boolean;
  readonly sudoPassword?: Secret;
  /** A connection that is open already (first contact asked its questions on it) and is to be used first. */
  readonly channel?: Channel;
}

export interface Listener {
  event(event: Event): void;
  /** A line that a step printed. */
  output(line: string): void;
  /** Trouble with the connection, in words. */
  note(text: string): void;
}

/**
 * How following ended. `cancelled`: nothing was sent, nothing has happened. `unreachable` after `sent` leaves a run that may go
 * on. `vanished`: the run was killed on the machine.
 */
export type FollowEnd =
  | { readonly kind: "ended" | "vanished" | "lost" | "cancelled" | "abandoned" }
  | { readonly kind: "refused"; readonly message: string }
  | { readonly kind: "unreachable"; readonly sent: boolean; readonly message: string; readonly next: string };

export interface FollowOptions {
  /** Aborts: the run is asked to stop after the step it is in. */
  readonly cancel: AbortSignal;
  /** Aborts: we leave at once. */
  readonly abandon: AbortSignal;
  /** How long a login that brought no byte is tried again. */
  readonly loginMs: number;
  /** How long a lost connection is tried again. */
  readonly reconnectMs: number;
}

/** How much of a run we have: the next connection goes on from there. */
export interface Seen {
  /** The boot of the machine that answered first: a run does not outlive it. */
  boot: string | undefined;
  /** The machine may have the run. */
  sent: boolean;
  /** Its last event came. */
  ended: boolean;
  events: number;
  log: number;
}

/** The ends that come after the whole log. */
const TOLD_LAST: readonly FollowEnd["kind"][] = ["ended", "vanished"];

/** A connection that lived this long was one, whether or not the run told anything meanwhile. */
const LIVELY_MS = 5000;

/** The run that is asked about may have its machine's sshd reload just now. */
const RELOAD_MS = 3000;

/**
 * Starts a run and follows it to its end, over as many connections as that takes. What was sent is started once: a further
 * connection with the same id follows, from the byte where the last one broke off.
 */
export async function follow(
  transport: Transport,
  request: Request,
  listener: Listener,
  options: FollowOptions,
): Promise<FollowEnd> {
  const seen: Seen = { boot: undefined, sent: request.script === undefined, ended: false, events: 0, log: 0 };
  let channel = request.channel;
  let since = Date.now();
  for (let attempt = 0; ; attempt++) {
    const before = seen.events + seen.log;
    const opened = Date.now();
    channel ??= transport.open(request.sudoPassword === undefined ? {} : { sudoPassword: request.sudoPassword });
    const talk = await converse(channel, request, seen, listener, options);
    channel = undefined;
    if (options.abandon.aborted) return { kind: "abandoned" };
    const { code, stderr, verdict } = talk;
    // With another exit code the connection broke: the end of the log may be missing.
    if (verdict !== undefined && (code === 0 || !TOLD_LAST.includes(verdict.kind))) return verdict;
    if (seen.events + seen.log > before || (talk.greeted && Date.now() - opened > LIVELY_MS)) {
      since = Date.now();
      attempt = 0;
    }
    const retry =
      seen.boot !== undefined || transport.isTransient(code, stderr) || reloads(transport, request, talk, since);
    if (!retry || Date.now() - since > patience(seen, options)) {
      return seen.ended
        ? { kind: "ended" }
        : { kind: "unreachable", sent: seen.sent, ...transport.explain(code, stderr) };
    }
    if (attempt === 0 && seen.boot !== undefined && seen.sent)
      listener.note("connection lost; the run goes on, reconnecting");
    await pause(Math.min(5000, 250 * 2 ** attempt) * (0.5 + Math.random()), [options.cancel, options.abandon]);
    const stop = stopped(seen, options);
    if (stop !== undefined) return stop;
  }
}

/** Whether nobody listens for a moment on the machine of a run that may go on. */
function reloads(transport: Transport, { script }: Request, { code, stderr }: Talk, since: number): boolean {
  return script === undefined && transport.isRefused(code, stderr) && Date.now() - since < RELOAD_MS;
}

/** A login is tried again for a while, the connection to a run that goes on for longer. */
function patience({ boot, sent, ended }: Seen, { loginMs, reconnectMs }: FollowOptions): number {
  return boot !== undefined && sent && !ended ? reconnectMs : loginMs;
}

/** Whether the operator's word ends it between two connections: a run that goes on is asked to stop over the next one. */
function stopped({ boot, sent }: Seen, { cancel, abandon }: FollowOptions): FollowEnd | undefined {
  if (abandon.aborted) return { kind: "abandoned" };
  if (!cancel.aborted) return undefined;
  if (!sent) return { kind: "cancelled" };
  return boot === undefined ? { kind: "abandoned" } : undefined;
}

function pause(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      for (const signal of signals) signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    for (const signal of signals) signal.addEventListener("abort", done);
  });
}
