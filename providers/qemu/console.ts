import { appendFileSync } from "node:fs";
import type { Machine } from "./machine.ts";
import type { Qmp } from "./qmp.ts";
import { FLOOD, rotateSerial, serialSize } from "./serial.ts";

/** Kept of what a running guest prints; a power of two (qemu-qmp-ref, ChardevRingbuf). */
const RING = 1024 * 1024;

/**
 * From here on QEMU keeps the end of the console in its memory: a guest could fill this computer's disk by its console otherwise. The
 * boot before is in the file.
 */
export async function consoleToRing(qmp: Qmp): Promise<void> {
  if ((await backend(qmp)) === "ringbuf") return;
  await qmp.command("chardev-change", { id: "serial", backend: { type: "ringbuf", data: { size: RING } } });
}

/** Back into the file, with what the ring held: a shutdown is of interest, and QEMU's memory ends with it. */
export async function consoleToFile(qmp: Qmp, machine: Machine): Promise<void> {
  if ((await backend(qmp)) !== "ringbuf") return;
  await emptyRing(qmp, machine);
  const data = { out: machine.serial, append: true };
  await qmp.command("chardev-change", { id: "serial", backend: { type: "file", data } });
}

/** Moves what the ring holds to the end of the file. */
export async function emptyRing(qmp: Qmp, machine: Machine): Promise<void> {
  if ((await backend(qmp)) !== "ringbuf") return;
  const held = await qmp.command("ringbuf-read", { device: "serial", size: RING, format: "base64" });
  if (typeof held !== "string") return;
  // Asked for often enough, the end of a flood is one as well.
  if (serialSize(machine) > FLOOD) rotateSerial(machine);
  appendFileSync(machine.serial, Buffer.from(held, "base64"));
}

async function backend(qmp: Qmp): Promise<string | undefined> {
  const devices = (await qmp.command("query-chardev")) as
    | readonly { readonly label: string; readonly filename: string }[]
    | undefined;
  return devices?.find(({ label }) => label === "serial")?.filename;
}
