import { resolve } from "node:path";
import type { Command, Result } from "./command.ts";
import { COMMANDS, type Entry } from "./commands.ts";
import type { GlobalFlags } from "./context.ts";
import { Cancelled, EXIT, UsageError } from "./errors.ts";
import { globalFlags, PROGRAM, VERSION } from "./globals.ts";
import { commandHelp, tableHelp } from "./help.ts";
import { type Home, homeFrom } from "./home.ts";
import { type SignalSource, type WatchedInterrupts, watchInterrupts } from "./interrupts.ts";
import { locate } from "./locate.ts";
import type { Values } from "./parse.ts";
import { report } from "./report.ts";
import type { Place, Services } from "./services.ts";
import { createScreen, type Screen, type Terminal } from "./ui/screen.ts";
import { processTerminal } from "./ui/streams.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** Everything the program touches: the real process below, or a test's own. */
export interface World {
  readonly env: Env;
  readonly cwd: string;
  readonly terminal: Terminal;
  readonly signals: SignalSource;
  readonly now: () => Date;
  readonly commands: readonly Entry[];
  /** Makes the configuration and the state ready to be opened. */
  readonly open: (place: Place) => Promise<Services>;
}

/** Runs one command line and returns its exit code; every error ends here. */
export async function run(argv: readonly string[], world: World): Promise<number> {
  const { env, terminal, commands } = world;
  const screen = createScreen(terminal, env);
  const home = homeFrom(env);
  // What is known when an error comes.
  let debug = env.AGW_DEBUG === "1";
  let name = "";
  let interrupted = (): boolean => false;
  try {
    const request = locate(
      argv,
      commands.map((entry) => entry.name),
    );
    if (request.kind === "version") return show(screen, `${PROGRAM} ${VERSION}`);
    if (request.kind === "help") {
      const shown = commands.filter((entry) => request.noun === "" || entry.name.startsWith(`${request.noun} `));
      show(screen, tableHelp(request.noun, await Promise.all(shown.map((entry) => entry.load()))));
      return request.asked ? EXIT.done : EXIT.usage;
    }
    name = request.name;
    const definition = await load(commands, name);
    const { parse } = await import("./parse.ts");
    const values = parse(definition, request.words);
    if (values.version === true) return show(screen, `${PROGRAM} ${VERSION}`);
    if (values.help === true) return show(screen, commandHelp(definition));
    const flags = globalFlags(values, env);
    debug = flags.debug;
    refuseForeignFlags(definition, flags);
    const configFile = typeof values.config === "string" ? resolve(world.cwd, values.config) : home.config;
    const interrupts = watchInterrupts(world.signals, definition.kind === "change" ? 2 : 1);
    interrupted = () => interrupts.requested.aborted;
    const prepared = { world, screen, home, flags, configFile, interrupts };
    const result = await execute(definition, values, prepared).finally(interrupts.stop);
    return finish(definition, result, flags, screen);
  } catch (error) {
    const incident = { screen, errorLog: home.errorLog, debug, command: name, now: world.now() };
    if (!interrupted()) return report(error, incident);
    report(error instanceof Error && error.name === "AbortError" ? new Cancelled() : error, incident);
    return EXIT.interrupted;
  }
}

function show(screen: Screen, text: string): number {
  screen.out(text);
  return EXIT.done;
}

async function load(commands: readonly Entry[], name: string): Promise<Command> {
  const entry = commands.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`no command ${name}`);
  return await entry.load();
}

function refuseForeignFlags(definition: Command, flags: GlobalFlags): void {
  const next = `${PROGRAM} ${definition.name} --help`;
  if (flags.dryRun && definition.kind !== "change")
    throw new UsageError(`${definition.name} changes nothing: --dry-run does not apply`, next);
  if (flags.json && definition.kind === "interactive")
    throw new UsageError(`${definition.name} takes the terminal: --json does not apply`, next);
}

interface Prepared {
  readonly world: World;
  readonly screen: Screen;
  readonly home: Home;
  readonly flags: GlobalFlags;
  readonly configFile: string;
  readonly interrupts: WatchedInterrupts;
}

/** Reads a command's input and runs it with its context; a second interrupt does not wait for it. */
async function execute(definition: Command, values: Values, prepared: Prepared): Promise<Result<unknown>> {
  const { world, screen, home, flags, configFile, interrupts } = prepared;
  const { createPrompts } = await import("./ui/prompts.ts");
  const { readInput } = await import("./input.ts");
  const prompts = createPrompts({ screen, flags, command: definition.name, signal: interrupts.requested });
  const input = await readInput(definition, values, prompts);
  const reading = definition.kind === "read" || flags.dryRun;
  const warn = (text: string): void => screen.err(`Warning: ${text}`);
  const place = { home, env: world.env, configFile, reading, now: world.now, warn };
  const { config, state, provider, close } = await world.open(place);
  try {
    const { env, now } = world;
    const context = { home, configFile, env, flags, screen, prompts, config, state, provider, interrupts, now };
    return await Promise.race([definition.run(input, context), leaving(interrupts.abandoned)]);
  } finally {
    close();
  }
}

/** Rejects soon after the operator left: time enough for the command to say what goes on. */
function leaving(abandoned: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    abandoned.addEventListener("abort", () => setTimeout(() => reject(new Cancelled()), 300));
  });
}

function finish(definition: Command, result: Result<unknown>, flags: GlobalFlags, screen: Screen): number {
  if (flags.json) {
    screen.json({ schema: "agentworks/v1", command: definition.name.replaceAll(" ", "."), data: result.data });
  } else {
    const text = result.text({ width: screen.width, color: screen.color });
    if (text !== "") screen.styled(text);
  }
  const code = result.exitCode ?? EXIT.done;
  return code === EXIT.partial && definition.kind === "change" && flags.allowPartial ? EXIT.done : code;
}

/** Our own environment and our children's, without the two variables by which Bun would run other code than ours. */
function scrub(env: NodeJS.ProcessEnv): Env {
  delete env.BUN_OPTIONS;
  delete env.BUN_BE_BUN;
  return { ...env };
}

if (import.meta.main) {
  const world: World = {
    env: scrub(process.env),
    cwd: process.cwd(),
    terminal: processTerminal(),
    signals: process,
    now: () => new Date(),
    commands: COMMANDS,
    open: async (place) => (await import("./services.ts")).open(place),
  };
  const leave = (code: number): never => process.exit(code);
  const crash = (error: unknown): never => leave(crashed(error, world));
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  run(process.argv.slice(2), world).then(leave, crash);
}

/** An error that no command was waiting for. */
function crashed(error: unknown, world: World): number {
  const screen = createScreen(world.terminal, world.env);
  const debug = world.env.AGW_DEBUG === "1";
  return report(error, { screen, errorLog: homeFrom(world.env).errorLog, debug, command: "", now: world.now() });
}
