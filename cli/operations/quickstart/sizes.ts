import { existsSync, statfsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname } from "node:path";
import type { Context } from "../../context.ts";

/** The sizes of a machine. Memory and disk in GiB. */
export interface Sizes {
  readonly cpus: number;
  readonly memory: number;
  readonly disk: number;
}

const GIB = 1024 ** 3;
const LEAST: Sizes = { cpus: 1, memory: 1, disk: 5 };
const MOST: Sizes = { cpus: 4, memory: 8, disk: 30 };

/** Sizes that fit this computer: all its processors, a quarter of its memory, half of the free space where machines are kept. */
export function sizesHere({ home }: Pick<Context, "home">): Sizes {
  const within = (key: keyof Sizes, size: number) => Math.max(LEAST[key], Math.min(MOST[key], Math.floor(size)));
  return {
    cpus: within("cpus", availableParallelism()),
    memory: within("memory", totalmem() / GIB / 4),
    disk: within("disk", freeSpace(home.machines) / GIB / 2),
  };
}

/** In bytes, at a path that may not be there yet. */
function freeSpace(path: string): number {
  if (!existsSync(path)) return freeSpace(dirname(path));
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
