import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { type Entry, tarGz, zip } from "./build/archive.ts";
import { deafen, runtimeOf } from "./build/runtimes.ts";
import { signed } from "./build/signature.ts";
import { isDarwin, isWindows, programName, RUNTIME_VERSION, TARGETS, type Target } from "./build/targets.ts";
import packageJson from "./package.json" with { type: "json" };

const DIST = join(import.meta.dir, "dist");

/** Targets that are built at a time: one compiles while the other one's archive is packed. */
const LANES = 2;

const USAGE = `Usage: bun build.ts --single               dist/agentworks, for this machine
       bun build.ts [--release] [TARGET...]  dist/TARGET/agentworks, and with --release the archives in dist/release

Targets (all of them unless named): ${TARGETS.map(({ name }) => name).join(" ")}`;

/** Builds this machine's executable, `dist/agentworks`, and its short name beside it. Needs no network. */
async function buildSingle(): Promise<void> {
  await inWorkshop(async (workshop) => {
    const runtime = await Bun.file(process.execPath).bytes();
    renameSync(await compile(workshop, runtime), join(DIST, "agentworks"));
  });
  rmSync(join(DIST, "agw"), { force: true });
  symlinkSync("agentworks", join(DIST, "agw"));
}

/** Builds the executables of targets, `dist/TARGET/agentworks`, and for a release the archives and their sums in `dist/release`. */
async function buildTargets(targets: readonly Target[], release: boolean): Promise<void> {
  if (Bun.version !== RUNTIME_VERSION)
    throw new Error(
      `this is Bun ${Bun.version}, and build/targets.ts has the runtimes of ${RUNTIME_VERSION}\nNext: npm ci, and npm run release`,
    );
  await inWorkshop(async (workshop) => {
    const shelf = join(workshop, "release");
    mkdirSync(shelf);
    await inLanes(targets, async (target) => {
      const began = performance.now();
      const program = await buildTarget(target, workshop);
      if (release) await pack(target, program, shelf);
      say(`${target.name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    });
    if (release) await putRelease(shelf);
  });
}

/** Works through targets, so many at a time. The first failure lets what has begun come to its end, begins nothing more, and is thrown. */
async function inLanes(targets: readonly Target[], work: (target: Target) => Promise<void>): Promise<void> {
  const waiting = [...targets];
  const lane = async (): Promise<void> => {
    try {
      for (let target = waiting.shift(); target !== undefined; target = waiting.shift()) await work(target);
    } finally {
      waiting.length = 0;
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: LANES }, lane));
  const failed = ended.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Returns the executable's bytes. */
async function buildTarget(target: Target, workshop: string): Promise<Uint8Array> {
  const own = join(workshop, target.name);
  mkdirSync(own);
  const runtime = await runtimeOf(target, (words) => say(`${target.name}: ${words}`));
  const program = await compile(own, runtime, target);
  if (isDarwin(target)) await Bun.write(program, signed(await Bun.file(program).bytes(), "agentworks"));
  mkdirSync(join(DIST, target.name), { recursive: true });
  const built = join(DIST, target.name, programName(target));
  renameSync(program, built);
  return Bun.file(built).bytes();
}

/** Compiles into the workshop, for this machine unless a target is given. Returns the executable. */
async function compile(workshop: string, runtime: Uint8Array, target?: Target): Promise<string> {
  const outfile = join(workshop, target === undefined ? "agentworks" : programName(target));
  const executablePath = join(workshop, "bun");
  await Bun.write(executablePath, deafen(runtime), { mode: 0o755 });
  await Bun.build({
    entrypoints: [join(import.meta.dir, "cli", "main.ts")],
    target: "bun",
    format: "esm",
    minify: true,
    sourcemap: "inline",
    // Start-up reads the chunk of the command that was typed, already compiled: 6 ms instead of 28 for `--version`.
    splitting: true,
    bytecode: true,
    compile: {
      ...(target !== undefined && { target: target.bun }),
      executablePath,
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  return outfile;
}

/** Packs a target's archive: the program under both its names, what it is and its licence. The same program gives the same bytes. */
async function pack(target: Target, program: Uint8Array, shelf: string): Promise<void> {
  const folder = `agentworks-${packageJson.version}-${target.name}`;
  const text = (name: string): Entry => ({ name, content: readFileSync(join(import.meta.dir, name)) });
  const entries: Entry[] = [
    { name: programName(target), executable: true, content: program },
    isWindows(target)
      ? // A zip can hold no link that Windows follows.
        { name: "agw.cmd", content: Buffer.from('@"%~dp0agentworks.exe" %*\r\n') }
      : { name: "agw", content: { link: "agentworks" } },
    text("LICENSE"),
    text("README.md"),
  ];
  if (isWindows(target)) await Bun.write(join(shelf, `${folder}.zip`), await zip(folder, entries));
  else await Bun.write(join(shelf, `${folder}.tar.gz`), await tarGz(folder, entries));
}

/** Writes the sums of the archives, in the form that `sha256sum --check` reads, and puts all in the place of what was there. */
async function putRelease(shelf: string): Promise<void> {
  const lines = readdirSync(shelf)
    .sort()
    .map(
      (name) => `${new Bun.CryptoHasher("sha256").update(readFileSync(join(shelf, name))).digest("hex")}  ${name}\n`,
    );
  await Bun.write(join(shelf, "SHA256SUMS"), lines.join(""));
  rmSync(join(DIST, "release"), { recursive: true, force: true });
  renameSync(shelf, join(DIST, "release"));
}

/** A directory beside the results, so that only finished files take their places; gone afterwards. */
async function inWorkshop(work: (workshop: string) => Promise<void>): Promise<void> {
  mkdirSync(DIST, { recursive: true });
  clearAbandoned();
  const workshop = mkdtempSync(join(DIST, `.build-${process.pid}-`));
  try {
    await work(workshop);
  } finally {
    rmSync(workshop, { recursive: true });
  }
}

/** Removes what builds left that were killed. */
function clearAbandoned(): void {
  for (const name of readdirSync(DIST)) {
    const pid = /^\.build-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(DIST, name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code !== "ESRCH";
  }
}

function say(words: string): void {
  console.error(words);
}

async function main(argv: readonly string[]): Promise<number> {
  const flags = argv.filter((word) => word.startsWith("-"));
  const names = argv.filter((word) => !word.startsWith("-"));
  const targets = TARGETS.filter(({ name }) => names.length === 0 || names.includes(name));
  const unknown = [
    ...flags.filter((flag) => !["--single", "--release"].includes(flag)),
    ...names.filter((name) => !TARGETS.some((target) => target.name === name)),
  ];
  if (unknown.length > 0 || (flags.includes("--single") && argv.length > 1)) {
    say(unknown.length > 0 ? `${unknown.join(", ")}: not known here\n\n${USAGE}` : USAGE);
    return 2;
  }
  if (flags.includes("--single")) await buildSingle();
  else await buildTargets(targets, flags.includes("--release"));
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  say(`Error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
