import { createHash } from "node:crypto";
import {
  closeSync,
  createReadStream,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { basename, join } from "node:path";
import { ProviderError, type Work } from "../../provider.ts";
import { diskFull } from "../disk-full.ts";
import type { World } from "../settings.ts";
import { alone } from "./alone.ts";
import { begin, fetchText, Unreachable } from "./fetch.ts";
import { type Image, settle } from "./image.ts";

const MIB = 1024 * 1024;
/** A download that breaks off goes on, as long as each attempt brings something. */
const ATTEMPTS = 5;

/** An image that was fetched before. */
export function findDownloaded(world: World, url: string): Image | undefined {
  const disk = placeOf(world, url);
  return existsSync(disk)
    ? { what: `${basename(new URL(url).pathname)} (fetched before)`, disk, shared: true }
    : undefined;
}

/** An image by its URL: fetched once, and checked against the SHA512SUMS beside it. */
export async function downloadedImage(world: World, url: string, work: Work): Promise<Image> {
  return await alone(world.home.images, work, async () => {
    const before = findDownloaded(world, url);
    if (before !== undefined) return before;
    const sum = await sumOf(world, url, work);
    const disk = placeOf(world, url);
    const part = `${disk}.${sum?.slice(0, 16) ?? "unchecked"}.part`;
    dropOthers(world, disk, part);
    await fetchWhole(world, url, part, work);
    if (sum !== undefined) await check(url, part, sum, work);
    settle(part);
    renameSync(part, disk);
    return { what: `${basename(new URL(url).pathname)} from ${new URL(url).host}`, disk, shared: true };
  });
}

/** The same name from elsewhere is another image. */
function placeOf({ home }: World, url: string): string {
  const from = createHash("sha256").update(url).digest("hex").slice(0, 8);
  return join(home.images, `${from}-${basename(new URL(url).pathname).replaceAll(/[^A-Za-z0-9._-]/g, "_")}`);
}

async function sumOf(world: World, url: string, work: Work): Promise<string | undefined> {
  const sums = await fetchText(world, new URL("SHA512SUMS", url).href, work.cancel);
  const name = basename(new URL(url).pathname);
  const line = sums?.split("\n").find((text) => text.split(/\s+\*?/)[1] === name);
  if (line !== undefined && /^[0-9a-f]{128}\s/.test(line)) return line.slice(0, 128);
  if (url.startsWith(world.debianImages))
    throw new ProviderError(`SHA512SUMS beside ${url} has no sum of it`, 'try again later, or use image = "build"');
  work.progress(`there is no SHA512SUMS beside ${url}: what comes is not checked`);
  return undefined;
}

/** Parts of what the server had before are of no use. */
function dropOthers(world: World, disk: string, part: string): void {
  const name = basename(disk);
  for (const leaf of readdirSync(world.home.images)) {
    if (leaf.startsWith(`${name}.`) && leaf.endsWith(".part") && leaf !== basename(part))
      rmSync(join(world.home.images, leaf));
  }
}

async function fetchWhole(world: World, url: string, part: string, work: Work): Promise<void> {
  mkdirSync(world.home.images, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const had = sizeOf(part);
    try {
      await fetchRest(world, url, part, work);
      return;
    } catch (error) {
      work.cancel.throwIfAborted();
      if (error instanceof ProviderError && !(error instanceof Unreachable)) throw error;
      if (attempt === 1 && sizeOf(part) === 0) throw error;
      if (attempt >= ATTEMPTS && sizeOf(part) === had) throw error;
      work.progress(`the download broke off at ${Math.floor(sizeOf(part) / MIB)} MiB, and goes on`);
      await Bun.sleep(500);
    }
  }
}

async function fetchRest(world: World, url: string, part: string, work: Work): Promise<void> {
  const from = sizeOf(part);
  const silence = new AbortController();
  const response = await begin(world, url, from, AbortSignal.any([work.cancel, silence.signal]));
  if (response.status === 416) return restart(world, url, part, work);
  if (!response.ok) throw new Unreachable(url, `it answers ${response.status} for ${new URL(url).pathname}`);
  const resumes = response.status === 206;
  if (resumes && !response.headers.get("content-range")?.startsWith(`bytes ${from}-`))
    return restart(world, url, part, work);
  const start = resumes ? from : 0;
  const length = Number(response.headers.get("content-length") ?? Number.NaN);
  if (length > world.limits.free(world.home.images)) throw diskFull(world.home.images, length);
  await store(response, part, { start, total: start + length, silence, silenceMs: world.limits.silenceMs }, work);
}

/** What is there is not the beginning of what the server has. */
async function restart(world: World, url: string, part: string, work: Work): Promise<void> {
  rmSync(part, { force: true });
  await fetchRest(world, url, part, work);
}

interface Stream {
  readonly start: number;
  readonly total: number;
  readonly silence: AbortController;
  readonly silenceMs: number;
}

async function store(response: Response, part: string, stream: Stream, work: Work): Promise<void> {
  const file = openSync(part, stream.start === 0 ? "w" : "r+");
  let timer: Timer | undefined;
  try {
    let at = stream.start;
    let said = 0;
    for await (const bytes of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => stream.silence.abort(), stream.silenceMs);
      writeAll(file, bytes, at, part);
      at += bytes.length;
      if (Date.now() - said > 500) work.progress(words(at, stream.total));
      if (Date.now() - said > 500) said = Date.now();
      work.cancel.throwIfAborted();
    }
    if (at < stream.total) throw new Error(`the connection ended at ${at} of ${stream.total} bytes`);
  } finally {
    clearTimeout(timer);
    closeSync(file);
  }
}

function writeAll(file: number, bytes: Uint8Array, at: number, part: string): void {
  try {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at + done);
  } catch (error) {
    if ((error as { code?: string }).code === "ENOSPC") throw diskFull(part, bytes.length);
    throw error;
  }
}

function words(at: number, total: number): string {
  const of = Number.isNaN(total) ? "" : ` of ${Math.ceil(total / MIB)}`;
  return `fetching the image: ${Math.floor(at / MIB)}${of} MiB`;
}

async function check(url: string, part: string, sum: string, work: Work): Promise<void> {
  work.progress("checking the image's sum");
  const hash = createHash("sha512");
  for await (const bytes of createReadStream(part)) {
    work.cancel.throwIfAborted();
    hash.update(bytes as Uint8Array);
  }
  const found = hash.digest("hex");
  if (found === sum) return;
  rmSync(part);
  throw new ProviderError(
    `${url} is not what its SHA512SUMS says: ${found.slice(0, 16)}… instead of ${sum.slice(0, 16)}…`,
    "run the command again; if it stays so, do not trust that server",
  );
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}
