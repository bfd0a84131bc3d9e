import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const DIST = join(import.meta.dir, "dist");

/** Variables by which Bun runs other code than ours, before any of ours runs. */
const REACHING_BUN = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"];

/** Builds this machine's executable, `dist/agentworks`, and its short name beside it. */
async function buildSingle(): Promise<void> {
  mkdirSync(DIST, { recursive: true });
  const workshop = mkdtempSync(join(DIST, ".build-"));
  try {
    renameSync(await compile(workshop), join(DIST, "agentworks"));
  } finally {
    rmSync(workshop, { recursive: true });
  }
  rmSync(join(DIST, "agw"), { force: true });
  symlinkSync("agentworks", join(DIST, "agw"));
}

async function compile(workshop: string): Promise<string> {
  const outfile = join(workshop, "agentworks");
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
      executablePath: deafened(workshop),
      outfile,
      autoloadDotenv: false,
      autoloadBunfig: false,
      autoloadTsconfig: false,
      autoloadPackageJson: false,
    },
  });
  return outfile;
}

/**
 * A copy of the Bun runtime without the names of those variables, where it keeps them as C strings: no environment can hold a
 * variable whose name is empty, so they are never found. (The options above turn off .env, bunfig.toml and tsconfig.json; not these.)
 */
function deafened(workshop: string): string {
  const bytes = readFileSync(process.execPath);
  for (const name of REACHING_BUN) {
    const needle = Buffer.from(`\0${name}\0`);
    const at = bytes.indexOf(needle);
    if (at === -1) throw new Error(`${name} is not in the runtime where it was: look how this Bun reads it`);
    for (let found = at; found !== -1; found = bytes.indexOf(needle, found + 1))
      bytes.fill(0, found + 1, found + 1 + name.length);
  }
  const copy = join(workshop, "bun");
  writeFileSync(copy, bytes, { mode: 0o755 });
  return copy;
}

if (!process.argv.includes("--single")) {
  console.error("usage: bun build.ts --single");
  process.exit(2);
}
await buildSingle();
