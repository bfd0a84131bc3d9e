import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { exec } from "../providers/exec.ts";
import { RUNTIME_VERSION, type Target } from "./targets.ts";

/** Variables by which Bun runs other code than ours, before any of ours runs. */
const REACHING_BUN = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_CONNECT_TO", "BUN_INSPECT_PRELOAD"];

const FETCH_LIMIT_MS = 600_000;

/**
 * Bun's runtime for a target, as its npm package has it. Packages are fetched by npm, once, and kept in the user's cache; whatever
 * comes from there or from npm counts only with the sum that is written down here. `say` is told of a download.
 */
export async function runtimeOf(target: Target, say: (words: string) => void): Promise<Uint8Array> {
  const packed = (await kept(target)) ?? (await fetched(target, say));
  const files = await new Bun.Archive(packed).files();
  const program = files.get("package/bin/bun") ?? files.get("package/bin/bun.exe");
  if (program === undefined) throw new Error(`@oven/${target.runtime}@${RUNTIME_VERSION} holds no runtime`);
  return new Uint8Array(await program.arrayBuffer());
}

function cache(): string {
  const { XDG_CACHE_HOME: xdg } = process.env;
  return join(xdg === undefined || xdg === "" ? join(homedir(), ".cache") : xdg, "agentworks", "runtimes");
}

function keptAs({ runtime }: Target): string {
  return join(cache(), `${runtime}-${RUNTIME_VERSION}.tgz`);
}

async function kept(target: Target): Promise<Uint8Array | undefined> {
  if (!existsSync(keptAs(target))) return undefined;
  const packed = await Bun.file(keptAs(target)).bytes();
  return integrityOf(packed) === target.integrity ? packed : undefined;
}

async function fetched(target: Target, say: (words: string) => void): Promise<Uint8Array> {
  const name = `@oven/${target.runtime}@${RUNTIME_VERSION}`;
  say(`fetching ${name}`);
  await mkdir(cache(), { recursive: true });
  const basket = await mkdtemp(join(cache(), ".fetch-"));
  try {
    const argv = ["npm", "pack", "--silent", "--pack-destination", basket, name];
    const { code, stderr } = await exec(argv, { env: process.env, timeoutMs: FETCH_LIMIT_MS });
    const [file] = await readdir(basket);
    if (code !== 0 || file === undefined)
      throw new Error(
        `${target.name}: ${argv.join(" ")} ended with ${code}: ${stderr.trim()}\nNext: the same again; what was fetched is kept in ${cache()}`,
      );
    const packed = await Bun.file(join(basket, file)).bytes();
    if (integrityOf(packed) !== target.integrity)
      throw new Error(
        `${target.name}: ${name} is not what build/targets.ts expects, but ${integrityOf(packed)}\nNext: npm view ${name} dist.integrity`,
      );
    await rename(join(basket, file), keptAs(target));
    return packed;
  } finally {
    await rm(basket, { recursive: true });
  }
}

function integrityOf(bytes: Uint8Array): string {
  return `sha512-${new Bun.CryptoHasher("sha512").update(bytes).digest("base64")}`;
}

/**
 * Takes the names of those variables out of a runtime, where it keeps them as C strings: no environment can hold a variable whose name
 * is empty, so they are never found. (The options of the compiler turn off .env, bunfig.toml and tsconfig.json; not these.)
 */
export function deafen(runtime: Uint8Array): Uint8Array {
  const bytes = Buffer.from(runtime.buffer, runtime.byteOffset, runtime.byteLength);
  for (const name of REACHING_BUN) {
    const needle = Buffer.from(`\0${name}\0`);
    const at = bytes.indexOf(needle);
    if (at === -1) throw new Error(`${name} is not in the runtime where it was: look how this Bun reads it`);
    for (let found = at; found !== -1; found = bytes.indexOf(needle, found + 1))
      bytes.fill(0, found + 1, found + 1 + name.length);
  }
  return bytes;
}
