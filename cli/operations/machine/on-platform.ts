import type { Work } from "../../../providers/provider.ts";
import type { Context } from "../../context.ts";
import { Cancelled, MachineError } from "../../errors.ts";
import { lease } from "../../run/lease.ts";
import type { Machine } from "../../state/machines.ts";
import { platformThing, type Run } from "../../state/runs.ts";
import { liveView } from "../../ui/live.ts";
import { openLog } from "../../workstation/logs.ts";
import { collectRun } from "./collect-run.ts";
import { recordBrokenOff } from "./init-status.ts";
import { wayIn } from "./reach.ts";

/** A command that has a machine's platform in hand. */
export interface Handling {
  /** `vm start dev` */
  readonly operation: string;
  /** The machine goes down: whatever else goes on on it ends first. */
  readonly alone: boolean;
  /** Looks again at what it was decided by, and writes it down. Part of taking the lease: what it throws gives the lease back. */
  readonly claim: () => void;
  /** What the operator is told who leaves at once. */
  readonly left: string;
}

/** One act of a platform, shown as a step while it goes on. */
export type Act = <T>(title: string, act: (work: Work) => Promise<T>) => Promise<T>;

/** Holds the lease on a machine's platform while `body` acts on it; what it tells is shown and logged. */
export async function onPlatform<T>(
  context: Context,
  machine: Pick<Machine, "name">,
  { operation, alone, claim, left }: Handling,
  body: (act: Act) => Promise<T>,
): Promise<T> {
  const { name } = machine;
  const { runs } = context.state();
  const id = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const kind = operation.split(" ").slice(0, 2).join(" ");
  const { now } = context;
  const log = openLog({ directory: context.home.logs, machine: name, operation: kind, now, redact: (text) => text });
  try {
    const run = { id, machine: name, operation, thing: platformThing(name), logPath: log.path };
    await lease(context, run, { alone, claim, settle: (dead) => settle(context, dead) });
    // What goes on when the operator has left at once has nobody to tell.
    const line = (text: string) => void (context.interrupts.abandoned.aborted || log.line(text));
    const result = await unlessLeft(context, left, () => body(acting(context, operation, line)));
    runs.finish(id, "complete");
    return result;
  } catch (error) {
    for (const line of told(error)) log.line(line);
    // What was left at once stays open: it says so until the next command comes.
    if (!context.interrupts.abandoned.aborted)
      runs.finish(id, context.interrupts.requested.aborted ? "interrupted" : "failed");
    throw error;
  } finally {
    log.close();
  }
}

/** What an error adds to the log. */
function told(error: unknown): readonly string[] {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof MachineError ? [...error.tail, message] : [message];
}

/** Learns how a run ended whose client is gone. A machine that cannot be asked takes the run with it. */
async function settle(context: Context, dead: Run): Promise<void> {
  const { machines, runs } = context.state();
  const machine = machines.find(dead.machine);
  if (machine === null) return;
  try {
    await collectRun(context, { machine: machine.name, transport: wayIn(context, machine) }, dead);
  } catch (error) {
    if (!(error instanceof MachineError)) throw error;
    context.screen.err(`${dead.operation} cannot be asked about: ${error.message}`);
    if (runs.finish(dead.id, "lost") && dead.thing === `init:${machine.name}`)
      recordBrokenOff(context, machine.name, "lost");
  }
}

/** The operator's second Ctrl-C does not wait for a platform that takes its time. */
async function unlessLeft<T>(context: Context, words: string, body: () => Promise<T>): Promise<T> {
  const { abandoned } = context.interrupts;
  const leaving = new Promise<never>((_, reject) => {
    abandoned.addEventListener("abort", () => reject(new Cancelled(words)), { once: true });
  });
  return await Promise.race([body(), leaving]);
}

/** Shows each act as a step of the live view. A platform's words are a line of their own where they begin something new (`image: …`). */
function acting(context: Context, operation: string, line: (text: string) => void): Act {
  return async (title, act) => {
    const view = liveView(context.screen, operation, context.now);
    const cancel = context.interrupts.requested;
    const said = new Set<string>();
    const progress = (words: string): void => {
      const gist = words.split(": ", 1)[0]?.replaceAll(/\d+/g, "#") ?? "";
      if (!said.has(gist)) {
        said.add(gist);
        view.note(words);
        line(words);
      }
      view.progress(words);
    };
    const stopping = () => view.note("Cancelling …");
    cancel.addEventListener("abort", stopping);
    const began = context.now().getTime();
    const ended = (result: "changed" | "failed") => {
      const ms = context.now().getTime() - began;
      view.stepEnded(result, ms);
      line(`=== ${title}: ${result} (${ms} ms)`);
      view.close();
      cancel.removeEventListener("abort", stopping);
    };
    view.stepStarted(1, 1, title);
    try {
      const done = await act({ progress, cancel });
      ended("changed");
      return done;
    } catch (error) {
      ended("failed");
      throw error;
    }
  };
}
