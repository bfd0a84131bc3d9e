import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { basename, join } from "node:path";
import { exec, spawnChannel } from "../../exec.ts";
import { type Missing, ProviderError, type Work } from "../../provider.ts";
import { diskFull } from "../disk-full.ts";
import { installing, which } from "../install.ts";
import type { Env, World } from "../settings.ts";
import { alone } from "./alone.ts";
import { type Image, settle } from "./image.ts";
import { layOut, recipeKey, sweepArgv } from "./recipe.ts";

/** What a build takes while it goes on, and what stays of it. */
const SPACE = 2_000_000_000;
const PREFIX = "agentworks-image-";
const BUILT = "debian-12-built-";

/** The image that the recipe of this version makes, when it was made before. */
export function findBuilt(world: World): Image | undefined {
  const place = placeOf(world);
  if (!existsSync(place)) return undefined;
  return {
    what: "Debian 12, built here before",
    disk: join(place, "root.img"),
    kernel: { vmlinuz: join(place, "vmlinuz"), initrd: join(place, "initrd.img") },
    shared: true,
  };
}

/** That image; made now when there is none. */
export async function builtImage(world: World, work: Work): Promise<Image> {
  return (
    findBuilt(world) ??
    (await alone(world.home.images, work, async () => findBuilt(world) ?? (await build(world, work))))
  );
}

/** What this computer lacks to build one; undefined when it can. */
export function buildProblem({ host, env }: World): Missing | undefined {
  if (host.os !== "linux")
    return { what: "Linux, where alone images can be built", next: 'set image to "debian", a URL or a path' };
  const sbin = { ...env, PATH: withSbin(env) };
  const programs = ["mmdebstrap", "mkfs.ext4", ...(process.getuid?.() === 0 ? [] : ["newuidmap"])];
  const lacking = programs.filter((program) => which(program, sbin) === undefined);
  if (lacking.length > 0) return { what: lacking.join(", "), ...installing(host, env, ["build"]) };
  const { username, uid } = userInfo();
  if (uid === 0 || hasRange("/etc/subuid", username, uid)) return undefined;
  const range = "100000-165535";
  return {
    what: `a range of user ids for ${username} in /etc/subuid`,
    next: `sudo usermod --add-subuids ${range} --add-subgids ${range} ${username}`,
  };
}

function hasRange(file: string, name: string, uid: number): boolean {
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  return lines.some((line) => [name, String(uid)].includes(line.split(":")[0] ?? ""));
}

async function build(world: World, work: Work): Promise<Image> {
  const problem = buildProblem(world);
  if (problem !== undefined)
    throw new ProviderError(`an image cannot be built here without ${problem.what}`, problem.next);
  const { images } = world.home;
  const note = join(images, ".building");
  await sweep(world, note);
  for (const place of [images, tmpdir()]) if (world.limits.free(place) < SPACE) throw diskFull(place, SPACE);
  // Not in the operator's own directories: the users of the namespace could not enter them.
  const workshop = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(note, workshop);
  chmodSync(workshop, 0o755);
  const fresh = join(images, ".built");
  mkdirSync(fresh);
  try {
    await cook(world, layOut(world.host, workshop, fresh), work);
    dropOld(images);
    for (const name of readdirSync(fresh)) settle(join(fresh, name));
    renameSync(fresh, placeOf(world));
  } finally {
    await sweep(world, note);
  }
  const image = findBuilt(world);
  if (image === undefined) throw new Error("the image that was built is not there");
  return { ...image, what: "Debian 12, built here" };
}

/** Images of other versions, unless they are so young that another installation may use them. */
function dropOld(images: string): void {
  const old = readdirSync(images).filter(
    (name) => name.startsWith(BUILT) && ageOf(join(images, name)) > 7 * 86_400_000,
  );
  for (const name of old) rmSync(join(images, name), { recursive: true });
}

function ageOf(file: string): number {
  return Date.now() - statSync(file).mtimeMs;
}

/** Removes what this or a killed build left. */
async function sweep(world: World, note: string): Promise<void> {
  rmSync(join(world.home.images, ".built"), { recursive: true, force: true });
  if (!existsSync(note)) return;
  const workshop = readFileSync(note, "utf8");
  if (basename(workshop).startsWith(PREFIX) && existsSync(workshop))
    await exec(sweepArgv(workshop), { env: buildEnv(world.env), timeoutMs: 60_000 });
  rmSync(note);
}

/** Runs the build; what it says is how far it is. */
async function cook(world: World, argv: readonly string[], work: Work): Promise<void> {
  const channel = spawnChannel(argv, buildEnv(world.env));
  const kill = () => channel.kill();
  work.cancel.addEventListener("abort", kill);
  if (work.cancel.aborted) kill();
  const tail: string[] = [];
  const listen = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const bytes of stream) {
      const lines = `${rest}${decoder.decode(bytes, { stream: true })}`.split("\n");
      rest = lines.pop() ?? "";
      tail.push(...lines);
      tail.splice(0, tail.length - 15);
      const step = lines.findLast((line) => line.startsWith("I: "));
      if (step !== undefined) work.progress(`building the image: ${step.slice(3)}`);
    }
  };
  try {
    await Promise.all([listen(channel.stdout), listen(channel.stderr)]);
    const code = await channel.exited;
    work.cancel.throwIfAborted();
    if (code !== 0) throw failed(world, tail);
  } finally {
    work.cancel.removeEventListener("abort", kill);
  }
}

function failed(world: World, tail: readonly string[]): ProviderError {
  if (tail.some((line) => line.includes("No space left on device"))) return diskFull(world.home.images, SPACE);
  return new ProviderError(
    "the image could not be built",
    "see what mmdebstrap says below; where its mirror is not reachable, put another into /etc/apt/sources.list",
    tail,
  );
}

function placeOf(world: World): string {
  return join(world.home.images, `${BUILT}${recipeKey(world.host)}`);
}

function withSbin({ PATH }: Env): string {
  return `${PATH ?? ""}:/usr/sbin:/sbin`;
}

/** What the package manager needs to reach its mirror, and no more of the operator's environment. */
function buildEnv(env: Env): Env {
  const names = ["HOME", "TMPDIR", "http_proxy", "https_proxy", "no_proxy"];
  return { ...Object.fromEntries(names.map((name) => [name, env[name]])), PATH: withSbin(env) };
}
