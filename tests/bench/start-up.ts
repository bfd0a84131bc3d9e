import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openState } from "../../cli/state/state.ts";
import { executable } from "../unit/executable.ts";
import { agent, machine, session, workspace } from "../unit/state/fixture.ts";
import { median } from "./median.ts";

const ROUNDS = 21;

/** How long the program takes to do next to nothing. */
export interface StartUp {
  /** Medians in milliseconds, the bare executable first. */
  readonly medians: readonly (readonly [what: string, ms: number])[];
  /** System calls of `vm list` that reach for a network; those of AF_UNIX are counted apart. */
  readonly networkCalls: number;
  readonly unixCalls: number;
}

/** Measures start-up. The programs take turns, so that a busy moment of the computer hits all of them. */
export async function startUp(): Promise<StartUp> {
  const workshop = mkdtempSync(join(tmpdir(), "agw-bench-"));
  try {
    const program = executable();
    const empty = { HOME: workshop, AGENTWORKS_HOME: join(workshop, "empty") };
    const full = { HOME: workshop, AGENTWORKS_HOME: join(workshop, "full") };
    fill(full.AGENTWORKS_HOME);
    const runs = [
      { what: "a bare Bun executable", argv: [await bareExecutable(workshop)], env: empty },
      { what: "--version", argv: [program, "--version"], env: empty },
      { what: "vm list, no machines", argv: [program, "vm", "list"], env: empty },
      { what: "vm list, 100 machines and 1,000 sessions", argv: [program, "vm", "list"], env: full },
    ];
    const times = runs.map((): number[] => []);
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, { argv, env }] of runs.entries()) times[index]?.push(timed(argv, env));
    }
    return {
      medians: runs.map(({ what }, index) => [what, median(times[index] ?? [])]),
      ...networkCalls([program, "vm", "list"], full, join(workshop, "strace")),
    };
  } finally {
    rmSync(workshop, { recursive: true });
  }
}

/** The least that a compiled Bun program can be, compiled as build.ts compiles ours. */
async function bareExecutable(workshop: string): Promise<string> {
  const source = join(workshop, "bare.ts");
  const outfile = join(workshop, "bare");
  writeFileSync(source, "console.log(1);\n");
  await Bun.build({
    entrypoints: [source],
    target: "bun",
    format: "esm",
    minify: true,
    sourcemap: "inline",
    bytecode: true,
    compile: {
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  return outfile;
}

/** A state with 100 machines, each with a workspace, an agent and ten sessions. */
function fill(directory: string): void {
  mkdirSync(directory, { mode: 0o700 });
  const state = openState(join(directory, "agentworks.db"));
  state.transaction(() => {
    for (let m = 0; m < 100; m++) {
      state.machines.insert(machine(`m${m}`));
      state.workspaces.insert(workspace(`w${m}`, `m${m}`));
      state.agents.insert(agent(`a${m}`, `m${m}`));
      for (let s = 0; s < 10; s++) state.sessions.insert(session(`s${m}-${s}`, `m${m}`, `w${m}`, `a${m}`));
    }
  });
  state.close();
}

function timed(argv: readonly string[], env: Readonly<Record<string, string>>): number {
  const start = performance.now();
  run(argv, env);
  return performance.now() - start;
}

function run(argv: readonly string[], env: Readonly<Record<string, string>>): void {
  const { exitCode, stderr } = Bun.spawnSync([...argv], { env, stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")} ended with ${exitCode}:\n${stderr}`);
}

function networkCalls(argv: readonly string[], env: Readonly<Record<string, string>>, log: string) {
  run(["/usr/bin/strace", "-f", "-qq", "-e", "trace=network", "-e", "signal=none", "-o", log, ...argv], env);
  const calls = readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes("("));
  const unixCalls = calls.filter((line) => line.includes("AF_UNIX")).length;
  return { networkCalls: calls.length - unixCalls, unixCalls };
}
