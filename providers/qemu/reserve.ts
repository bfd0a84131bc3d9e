import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type MachineRequest, ProviderError } from "../provider.ts";
import { idOf, taken } from "./machine.ts";
import type { World } from "./settings.ts";

const GIB = 1024 ** 3;

/** Below the ports that systems hand out by themselves (Linux from 32768, macOS from 49152), so that a stopped machine's stays free. */
const PORTS = { from: 22_100, to: 32_000 } as const;

/** The id for a new machine; makes nothing. */
export async function reserve(world: World, { name, memory, disk }: MachineRequest): Promise<string> {
  const { machines } = world.home;
  const directory = join(machines, name);
  if (existsSync(directory)) throw taken(name, directory);
  checkMemory(world, name, memory);
  makePlace(machines);
  if (disk * GIB > world.limits.free(machines)) throw tooLarge(machines, disk, world.limits.free(machines));
  return idOf({ name, port: await freePort(machines), uuid: randomUUID() });
}

/** Refuses more memory than this computer has. */
export function checkMemory(world: World, name: string, memory: number): void {
  const has = world.limits.memory() / GIB;
  if (memory <= has) return;
  throw new ProviderError(
    `${memory} GiB of memory do not fit this computer, which has ${has.toFixed(1)}`,
    `say --memory ${Math.max(1, Math.floor(has / 2))} for ${name}, or set memory in its template`,
  );
}

function tooLarge(machines: string, disk: number, free: number): ProviderError {
  const fits = Math.floor(free / GIB);
  return new ProviderError(
    `a disk of ${disk} GiB does not fit ${machines}, where ${fits} are free`,
    `say --disk ${Math.max(1, Math.floor(fits * 0.8))}, or free some space`,
  );
}

/** The directory of all machines. */
function makePlace(machines: string): void {
  try {
    mkdirSync(machines, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!["EACCES", "EPERM", "EROFS", "ENOTDIR", "EEXIST", "ENOENT"].includes((error as { code?: string }).code ?? ""))
      throw error;
    throw new ProviderError(
      `no permission to make ${machines}`,
      "set XDG_DATA_HOME or AGENTWORKS_HOME to a directory of your own",
    );
  }
}

async function freePort(machines: string): Promise<number> {
  const used = usedPorts(machines);
  const span = PORTS.to - PORTS.from;
  const start = Math.floor(Math.random() * span);
  for (let step = 0; step < span; step++) {
    const port = PORTS.from + ((start + step) % span);
    if (!used.has(port) && (await isFree(port))) return port;
  }
  throw new ProviderError(`no port is free from ${PORTS.from} to ${PORTS.to}`, "end what listens there");
}

/** The ports of the machines that there are: a stopped one keeps its own. */
function usedPorts(machines: string): ReadonlySet<number> {
  const files = readdirSync(machines).map((name) => join(machines, name, "machine.json"));
  const ports = files
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, "utf8")) as { port?: number });
  return new Set(ports.map(({ port }) => port ?? 0));
}

/** Whether nobody listens at a port of the loopback. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
