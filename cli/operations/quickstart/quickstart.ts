import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { Cancelled, EXIT } from "../../errors.ts";
import { configuredPlatform, ensureConfig } from "./config.ts";
import { takeBackFiles } from "./files.ts";
import { ensureMachine } from "./machine.ts";
import type { QuickstartInput } from "./names.ts";
import { type Phase, type Phases, phases } from "./phases.ts";
import { choosePlatform } from "./platform.ts";
import { ensurePrograms } from "./programs.ts";
import { readyText } from "./report.ts";
import { type Next, nextCommands } from "./spelled.ts";
import { ensureAgent, ensureSession, ensureWorkspace, refuseForeign, rowOf } from "./things.ts";

/** What quickstart came to. */
export interface Quickstarted {
  readonly phases: readonly Phase[];
  readonly seconds: number;
  /** Null when all was taken back. */
  readonly next: Next | null;
}

/** Finds or makes all that a first session needs, each part recorded before it is made. Run again it goes on where it was left. */
export async function quickstart(context: Context, input: QuickstartInput): Promise<Result<Quickstarted>> {
  const done = phases(context);
  return await alone(context, async () => {
    const partial = await makeAll(context, input, done).catch((error: unknown) => {
      throw error instanceof Cancelled ? stopped(context, done, error) : error;
    });
    const data = { phases: done.over, seconds: done.seconds(), next: nextCommands(context) };
    return { data, text: (screen) => readyText(data, screen), exitCode: partial ? EXIT.partial : EXIT.done };
  });
}

/** Runs while no other quickstart does. */
export async function alone<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const record = context.state().quickstart;
  record.enter();
  try {
    return await work();
  } finally {
    record.leave();
  }
}

/** Whether steps that are not fatal failed. */
async function makeAll(context: Context, input: QuickstartInput, done: Phases): Promise<boolean> {
  refuseForeign(context);
  const platform = choosePlatform(context, input, configuredPlatform(context));
  await done.run("platform", async () => ({ name: platform.name, result: "found", why: platform.why }));
  await done.run("programs", () => ensurePrograms(context, platform.name));
  await ensureConfig(context, done);
  const things = [
    ["machine", () => ensureMachine(context, input, platform)],
    ["workspace", () => ensureWorkspace(context)],
    ["agent", () => ensureAgent(context)],
    ["session", () => ensureSession(context)],
  ] as const;
  let partial = false;
  for (const [part, ensure] of things) {
    if (context.interrupts.requested.aborted) throw new Cancelled();
    const { exitCode } = await done.run(part, ensure);
    partial ||= exitCode === EXIT.partial;
  }
  return partial;
}

/**
 * After Ctrl-C what was in the making is undone by whoever made it. What is ready stays, for it cost time; where not even a machine
 * is there nothing stays.
 */
function stopped(context: Context, { over }: Phases, error: Cancelled): Cancelled {
  if (rowOf(context, "machine") !== null) {
    return new Cancelled(
      `${error.message}\nGo on: agentworks quickstart\nOr remove it: agentworks quickstart --remove`,
    );
  }
  takeBackFiles(context, { made: over.filter(({ result }) => result === "made").map(({ part }) => part) });
  return error;
}
