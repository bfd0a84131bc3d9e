import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { ProviderError, type Work } from "../../provider.ts";
import type { World } from "../settings.ts";
import { buildProblem, builtImage, findBuilt } from "./build.ts";
import { downloadedImage, findDownloaded } from "./download.ts";
import { Unreachable } from "./fetch.ts";
import type { Image } from "./image.ts";

/** The image that a machine's request means; made or fetched when it is not there yet. Says which it is. */
export async function chosenImage(world: World, image: string, work: Work): Promise<Image> {
  const found = await find(world, image, work);
  work.progress(`image: ${found.what}`);
  return found;
}

async function find(world: World, image: string, work: Work): Promise<Image> {
  if (image === "build") return await builtImage(world, work);
  if (image === "debian") return await downloadedImage(world, debianUrl(world), work);
  if (/^https?:\/\//.test(image)) return await downloadedImage(world, image, work);
  if (image !== "auto") return ownImage(image);
  return findBuilt(world) ?? findDownloaded(world, debianUrl(world)) ?? (await fetchedOrBuilt(world, work));
}

async function fetchedOrBuilt(world: World, work: Work): Promise<Image> {
  try {
    return await downloadedImage(world, debianUrl(world), work);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    // Where none can be built, the server is what the operator can do something about.
    if (buildProblem(world) !== undefined) throw error;
    work.progress(`${error.message}: an image is built here instead`);
    return await builtImage(world, work);
  }
}

function debianUrl({ debianImages, host }: World): string {
  return `${debianImages}/debian-12-genericcloud-${host.debianArch}.qcow2`;
}

function ownImage(path: string): Image {
  const disk = resolve(path);
  if (existsSync(disk) && statSync(disk).isFile()) return { what: disk, disk, shared: false };
  throw new ProviderError(
    `there is no image ${disk}`,
    'set image to "auto", "debian", "build", a URL, or the path of a disk image',
  );
}
