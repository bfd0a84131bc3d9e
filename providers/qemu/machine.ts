import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ProviderError } from "../provider.ts";

/** What a machine's id says: `name:port:uuid`. */
export interface Identity {
  readonly name: string;
  /** Of its ssh on this computer's loopback, for life. */
  readonly port: number;
  readonly uuid: string;
}

/** What is kept of a machine, in `machine.json` in its own directory (0700), besides what its id says. */
const Facts = z.object({
  uuid: z.string(),
  port: z.number(),
  cpus: z.number(),
  memory: z.number(),
  disk: z.number(),
  image: z.string(),
  publicKeys: z.array(z.string()),
  /** How it boots: a kernel beside its disk, or what its disk holds. */
  boot: z.enum(["kernel", "disk"]).optional(),
  hostKeys: z.array(z.string()).optional(),
});
export type Facts = z.infer<typeof Facts>;

/** Where a machine's things are. */
export interface Machine extends Identity {
  readonly directory: string;
  readonly qmp: string;
  readonly disk: string;
  readonly base: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly seed: string;
  readonly serial: string;
  readonly serialBefore: string;
}

const ID = /^([a-z0-9][a-z0-9._-]*):(\d{4,5}):([0-9a-f-]{36})$/;

/** The id of a machine to be. */
export function idOf({ name, port, uuid }: Identity): string {
  return `${name}:${port}:${uuid}`;
}

/** The machine that an id means. */
export function machineOf(machines: string, id: string): Machine {
  const [, name = "", port = "", uuid = ""] = ID.exec(id) ?? [];
  if (name === "") throw new Error(`not an id of a QEMU machine: ${id}`);
  const directory = join(machines, name);
  const file = (leaf: string) => join(directory, leaf);
  return {
    ...{ name, port: Number(port), uuid, directory },
    ...{ qmp: file("qmp.sock"), disk: file("disk.qcow2"), base: file("base.img"), seed: file("seed") },
    ...{ kernel: file("vmlinuz"), initrd: file("initrd.img") },
    ...{ serial: file("serial.log"), serialBefore: file("serial.before.log") },
  };
}

/** What is kept of the machine; undefined when it is not there, or its place is somebody else's. */
export function factsOf(machine: Machine): Facts | undefined {
  const file = join(machine.directory, "machine.json");
  if (!existsSync(file)) return undefined;
  const facts = Facts.parse(JSON.parse(readFileSync(file, "utf8")));
  return facts.uuid === machine.uuid ? facts : undefined;
}

/** Keeps it, whole or not at all. */
export function keepFacts(machine: Machine, facts: Facts): void {
  writeFacts(machine.directory, facts);
}

function writeFacts(directory: string, facts: Facts): void {
  const file = join(directory, "machine.json");
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, undefined, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(`${file}.new`, file);
}

/** Makes the machine's directory, which says whose it is from its first moment on. */
export function makeDirectory(machine: Machine, facts: Facts): void {
  const { making } = leftovers(machine);
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true, mode: 0o700 });
  chmodSync(making, 0o700);
  writeFacts(making, facts);
  if (existsSync(machine.directory)) throw taken(machine.name, machine.directory);
  renameSync(making, machine.directory);
}

/** Takes the directory away, so that at every moment either all of it is the machine's or none. */
export function removeDirectory(machine: Machine): void {
  const { making, going } = leftovers(machine);
  if (factsOf(machine) !== undefined) renameSync(machine.directory, going);
  for (const directory of [making, going]) rmSync(directory, { recursive: true, force: true });
}

/** Whether anything of the machine is left on this computer's disk. */
export function isThere(machine: Machine): boolean {
  const { making, going } = leftovers(machine);
  return factsOf(machine) !== undefined || existsSync(making) || existsSync(going);
}

/** What is there only while the machine is being made, or removed. */
function leftovers({ directory, uuid, name }: Machine): { readonly making: string; readonly going: string } {
  const place = join(directory, "..");
  return { making: join(place, `.${name}.${uuid}.making`), going: join(place, `.${name}.${uuid}.going`) };
}

/** The error for a place that is somebody else's. */
export function taken(name: string, directory: string): ProviderError {
  return new ProviderError(
    `${directory} exists, and is not of this machine`,
    `choose another name than ${name}, or look what is there and move it away`,
  );
}
