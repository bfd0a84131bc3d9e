import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FollowEnd, follow, type Request } from "../../../cli/run/follow.ts";
import { localTransport } from "../../../providers/local.ts";
import type { Transport } from "../../../providers/transport.ts";
import { type Event, type Folded, fold } from "../../../steps/events.ts";
import { type Mode, render } from "../../../steps/render.ts";
import { type Plan, type Step, step, type Value } from "../../../steps/step.ts";

/** This computer as a machine of its own: its /run, /var/lib and users are in a temporary directory. Needs root. */
export interface Sandbox {
  readonly directory: string;
  /** The user `agt-test`, uid 23456, and his home. */
  readonly home: string;
  readonly transport: Transport;
  /** A transport on which a start-up file prints first. */
  noisy(noise: string): Transport;
  run(work: Plan | readonly Step[], options?: RunOptions): Promise<Told>;
  /** argv of a root bash inside. */
  readonly argv: readonly string[];
  dispose(): void;
}

export interface RunOptions {
  readonly mode?: Mode;
  readonly wait?: boolean;
  readonly id?: string;
  readonly transport?: Transport;
  readonly cancel?: AbortSignal;
  readonly abandon?: AbortSignal;
  readonly loginMs?: number;
  readonly reconnectMs?: number;
  readonly onEvent?: (event: Event) => void;
  readonly onOutput?: (line: string) => void;
  /** Follows the run of this id instead of starting one. */
  readonly followOnly?: boolean;
}

/** All that a run told. */
export interface Told extends Folded {
  readonly id: string;
  readonly end: FollowEnd;
  /** Without those of single connections. */
  readonly events: readonly Event[];
  readonly log: readonly string[];
  readonly notes: readonly string[];
  readonly ms: number;
}

const USER = { name: "agt-test", id: 23456 };

export function sandbox(): Sandbox {
  const directory = mkdtempSync(join(tmpdir(), "agw-sandbox-"));
  chmodSync(directory, 0o755);
  const home = join(directory, "home");
  for (const name of ["run", "lib", "home"]) mkdirSync(join(directory, name), { mode: 0o755 });
  chownSync(home, USER.id, USER.id);
  const line = `${USER.name}:x:${USER.id}:${USER.id}::${home}:/bin/bash\n`;
  writeFileSync(join(directory, "passwd"), `${readFileSync("/etc/passwd", "utf8").trimEnd()}\n${line}`);
  const group = `${USER.name}:x:${USER.id}:\n`;
  writeFileSync(join(directory, "group"), `${readFileSync("/etc/group", "utf8").trimEnd()}\n${group}`);
  const argv = ["unshare", "--mount", "bash", join(import.meta.dir, "sandbox.sh"), directory];
  const env = { PATH: process.env.PATH, LEAKED: "from the operator" };
  const transport = localTransport(argv, env);
  return {
    directory,
    home,
    transport,
    argv,
    noisy: (noise) => localTransport([...argv, noise], env),
    run: (work, options) => run(transport, work, options),
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** Runs a plan as the product does. */
export async function run(transport: Transport, work: Plan | readonly Step[], options: RunOptions = {}): Promise<Told> {
  const plan = "steps" in work ? work : planOf(work);
  const id = options.id ?? newId();
  const events: Event[] = [];
  const log: string[] = [];
  const notes: string[] = [];
  const began = Date.now();
  const request: Request = {
    id,
    wait: options.wait ?? true,
    ...(options.followOnly ? {} : { script: render(plan, options.mode ?? "apply") }),
  };
  const never = new AbortController().signal;
  const end = await follow(
    options.transport ?? transport,
    request,
    {
      event: (event) => {
        if (!["hello", "torn", "bye"].includes(event.kind)) events.push(event);
        options.onEvent?.(event);
      },
      output: (line) => {
        log.push(line);
        options.onOutput?.(line);
      },
      note: (text) => notes.push(text),
    },
    {
      cancel: options.cancel ?? never,
      abandon: options.abandon ?? never,
      loginMs: options.loginMs ?? 2000,
      reconnectMs: options.reconnectMs ?? 20_000,
    },
  );
  return { id, end, events, log, notes, ms: Date.now() - began, ...fold(events) };
}

export function newId(): string {
  return crypto.randomUUID().replaceAll("-", "").slice(0, 16);
}

export function planOf(steps: readonly Step[], options: Partial<Omit<Plan, "steps">> = {}): Plan {
  return { operation: "test", locks: [], exclusive: false, ...options, steps };
}

/** The text of a step's file, from the lines of its functions. */
export function stepText(phases: {
  readonly check?: readonly string[];
  readonly apply: readonly string[];
  readonly report?: readonly string[];
}): string {
  const body = (["check", "apply", "report"] as const).flatMap((name) => {
    const lines = phases[name];
    return lines === undefined ? [] : [`${name}() {`, ...lines.map((line) => `  ${line}`), "}"];
  });
  return `# A step of a test.\n\n${body.join("\n")}\n`;
}

let count = 0;

/** A step with an id of its own. */
export function toy(
  phases: Parameters<typeof stepText>[0],
  values: Readonly<Record<string, Value>> = {},
  options: Partial<Parameters<typeof step>[3]> & { readonly id?: string } = {},
): Step {
  const { id = `toy/step-${++count}`, ...rest } = options;
  return step(id, stepText(phases), values, { name: id, ...rest });
}
