/**
 * The provider in a process of its own, which a test can run as another user and kill: `driver.ts HOME IMAGES VERB …` prints a line of
 * JSON per event. SIGINT is the operator's Ctrl-C.
 */
import type { MachineRequest, Work } from "../../../providers/provider.ts";
import { qemuProvider } from "../../../providers/qemu/provider.ts";

const [machines = "", images = "", verb = "", ...rest] = process.argv.slice(2);
const provider = qemuProvider({ home: { machines, images }, env: process.env });
const tell = (event: object) => process.stdout.write(`${JSON.stringify(event)}\n`);
const stopping = new AbortController();
process.on("SIGINT", () => stopping.abort());
const work: Work = { progress: (words) => void tell({ progress: words }), cancel: stopping.signal };
const [id = "", request = "{}"] = rest;
const verbs: Readonly<Record<string, () => Promise<unknown>>> = {
  reserve: () => provider.reserve(JSON.parse(id) as MachineRequest),
  create: () => provider.create(JSON.parse(request) as MachineRequest, id, work),
  start: () => provider.start(id, work),
  stop: () => provider.stop(id, work),
  remove: () => provider.remove(id),
  power: () => provider.power(id),
  serial: () => provider.serial(id),
};
try {
  tell({ returned: await verbs[verb]?.() });
} catch (error) {
  const { message, next, tail } = error as { message: string; next?: string; tail?: readonly string[] };
  tell({ failed: message, next, tail });
}
