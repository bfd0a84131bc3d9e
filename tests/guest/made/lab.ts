import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { type Operator, operatorOf } from "../cli.ts";
import type { Fault } from "./platform.ts";

/** An operator whose machines are made on a platform of the tests. */
export interface Lab extends AsyncDisposable {
  readonly operator: Operator;
  /** What the platform's next calls come to. */
  strike(...faults: readonly Fault[]): void;
  /** Faults that have not come yet: a test is not done before there are none. */
  pending(): readonly Fault[];
  /** The calls that the platform got since they were asked for last. */
  calls(): readonly string[];
  /** Machines that are on the platform. */
  machines(): readonly string[];
  /** Switches the only machine off, as a power cut would: nobody of ours did. */
  halt(): Promise<void>;
  /** Whether host keys are kept. */
  known(): Promise<boolean>;
  /** A file of the platform's. */
  file(name: string): string;
}

let compiling: Promise<string> | undefined;

/** The program of these tests, compiled as the product is: it starts in a third of the time. */
async function compiled(): Promise<string> {
  compiling ??= (async () => {
    const directory = join(import.meta.dir, "..", "..", "..", "dist");
    const outfile = join(directory, "agentworks-made");
    const fresh = `${outfile}.${process.pid}`;
    await Bun.build({
      ...{ entrypoints: [join(import.meta.dir, "program.ts")], target: "bun", format: "esm" },
      ...{ splitting: true, bytecode: true, compile: { outfile: fresh } },
    });
    renameSync(fresh, outfile);
    return outfile;
  })();
  return await compiling;
}

/** A lab; `paper`: its machines are files, and nobody logs in. */
export async function makeLab({ paper }: { readonly paper: boolean }): Promise<Lab> {
  const directory = mkdtempSync(join(tmpdir(), "agentworks-platform-"));
  const program = await compiled();
  const harness = join(import.meta.dir, "..", "harness", "guest.sh");
  // The guests' images are kept where the harness keeps them for this user, not in the operator's own home.
  const { XDG_CACHE_HOME = join(homedir(), ".cache") } = process.env;
  const platform = {
    AGENTWORKS_TEST_CACHE: process.env.AGENTWORKS_TEST_CACHE ?? join(XDG_CACHE_HOME, "agentworks-test"),
    TEST_HARNESS: harness,
    TEST_PLATFORM: directory,
    TEST_OWNER: String(process.pid),
    TEST_PAPER: paper ? "1" : "0",
  };
  const config = '[admin.config]\nshell = "bash"\n[vm_templates.default]\nswap = 0\ncpus = 2\nmemory = 2\ndisk = 10\n';
  const operator = await operatorOf(undefined, { program, env: platform, config });
  const file = (name: string) => join(directory, name);
  const lines = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), "utf8").trim().split("\n") : []);
  let read = 0;
  return {
    operator,
    file,
    halt: async () => {
      const [machine = ""] = new Bun.Glob("*").scanSync(file("machines"));
      const { exitCode } = Bun.spawnSync(["bash", harness, "stop", `test-${process.pid}-${machine}`]);
      if (exitCode !== 0) throw new Error(`${machine} could not be switched off`);
    },
    known: async () => await Bun.file(join(operator.home, "known_hosts")).exists(),
    strike: (...faults) => writeFileSync(file("faults.json"), JSON.stringify(faults)),
    pending: () => JSON.parse(lines("faults.json").join("") || "[]") as readonly Fault[],
    calls: () => {
      const all = lines("calls");
      const fresh = all.slice(read);
      read = all.length;
      return fresh;
    },
    machines: () => [...new Bun.Glob("machines/*").scanSync(directory)].filter((name) => !name.includes(".serial")),
    async [Symbol.asyncDispose]() {
      await operator[Symbol.asyncDispose]();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A row of `machines`, as far as tests look at it. */
export interface MachineRow {
  readonly name: string;
  readonly platform: string;
  readonly platform_id: string;
  readonly provisioning: string;
  readonly init: string;
  readonly stopped_by_operator: number;
}

/** The rows of the machines. */
export function machinesOf({ operator }: Lab): readonly MachineRow[] {
  return operator.rows<MachineRow>("SELECT * FROM machines");
}

/** Runs that are open still. */
export function openRuns({ operator }: Lab): readonly { readonly operation: string; readonly thing: string }[] {
  return operator.rows("SELECT operation, thing FROM runs WHERE state = 'open'");
}
