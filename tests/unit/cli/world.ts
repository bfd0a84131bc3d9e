import { EventEmitter } from "node:events";
import { z } from "zod";
import type { Command } from "../../../cli/command.ts";
import type { Entry } from "../../../cli/commands.ts";
import type { GlobalFlags } from "../../../cli/context.ts";
import { run, type World } from "../../../cli/main.ts";

/** The output of one command line, run in this process. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export const NO_FLAGS: GlobalFlags = {
  json: false,
  dryRun: false,
  nonInteractive: false,
  yes: false,
  debug: false,
  noWait: false,
  allowPartial: false,
};

/** A world without terminals and without a home, with the given commands. */
export function testWorld(
  commands: readonly Command[],
  changes: Partial<World> = {},
): { world: World; stdout: string[]; stderr: string[] } {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const world: World = {
    env: { AGENTWORKS_HOME: "/nonexistent/agentworks" },
    cwd: "/",
    terminal: {
      write: (stream, text) => void (stream === "stdout" ? stdout : stderr).push(text),
      isTTY: () => false,
      columns: () => 80,
    },
    signals: new EventEmitter(),
    now: () => new Date("2026-01-31T12:00:00Z"),
    commands: commands.map(entry),
    open: async () => ({ config: unused, state: unused, provider: unused, close: () => {} }),
    ...changes,
  };
  return { world, stdout, stderr };
}

/** Runs a command line among `commands`. */
export async function runWith(
  commands: readonly Command[],
  argv: readonly string[],
  changes: Partial<World> = {},
): Promise<Ran> {
  const { world, stdout, stderr } = testWorld(commands, changes);
  const code = await run(argv, world);
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** A command that returns what it received. */
export function echoCommand(changes: Partial<Command> = {}): Command {
  return {
    name: "vm echo",
    summary: "show what was received",
    args: [{ name: "name", description: "a name" }],
    flags: {},
    examples: [],
    input: z.record(z.string(), z.unknown()),
    kind: "change",
    run: async (input) => ({ data: input, text: () => JSON.stringify(input) }),
    ...changes,
  };
}

function entry(command: Command): Entry {
  return { name: command.name, load: async () => command };
}

function unused(): never {
  throw new Error("no test of the command line opens this");
}
