import { existsSync } from "node:fs";
import {
  type Endpoint,
  type MachineRequest,
  type Missing,
  type Provider,
  ProviderError,
  type Work,
} from "../provider.ts";
import { acceleration } from "./accelerator.ts";
import { bringUp } from "./boot.ts";
import { emptyRing } from "./console.ts";
import { makeDisk } from "./disk.ts";
import { buildProblem } from "./images/build.ts";
import { chosenImage } from "./images/choose.ts";
import { missingPrograms } from "./install.ts";
import {
  type Facts,
  factsOf,
  isThere,
  type Machine,
  machineOf,
  makeDirectory,
  removeDirectory,
  taken,
} from "./machine.ts";
import { planLines } from "./plan.ts";
import { ask, cutPower, power, shutDown } from "./power.ts";
import { checkMemory, reserve } from "./reserve.ts";
import type { QemuSettings, World } from "./settings.ts";
import { spoken } from "./spoken.ts";
import { worldFrom } from "./world.ts";

/** User-mode networking: every address of its network is this computer's loopback; the others tell a cloud's machine who it is. */
const FENCED = ["10.0.2.0/24", "fec0::/64", "169.254.169.254", "168.63.129.16"];

/** Machines in QEMU, on this computer, by nobody's leave but the operator's own. */
export function qemuProvider(settings: QemuSettings): Provider {
  const world = worldFrom(settings);
  const of = (id: string) => machineOf(world.home.machines, id);
  return {
    name: "qemu",
    features: { fenced: FENCED },
    missing: async (image) => [...missingPrograms(world.host, world.env), ...missingForImage(world, image)],
    plan: (request) => planLines(request),
    reserve: (request) => spoken(() => reserve(world, request)),
    create: (request, id, work) => spoken(() => create(world, of(id), request, work)),
    power: (id) => spoken(() => power(world, of(id))),
    start: (id, work) => spoken(() => start(world, of(id), work)),
    stop: (id, work) => spoken(() => shutDown(world, of(id), work)),
    remove: (id) => spoken(() => remove(world, of(id))),
    serial: (id) => spoken(() => serialFiles(world, of(id))),
  };
}

/** What building an image takes, when that is what a machine of this image may come to. */
function missingForImage(world: World, image: string | undefined): readonly Missing[] {
  const problem = image === "auto" || image === "build" ? buildProblem(world) : undefined;
  return problem === undefined ? [] : [problem];
}

async function create(world: World, machine: Machine, request: MachineRequest, work: Work): Promise<Endpoint> {
  checkMemory(world, request.name, request.memory);
  if (factsOf(machine) === undefined && existsSync(machine.directory)) throw taken(machine.name, machine.directory);
  // The test of the accelerator may take seconds: it goes on while the image is fetched.
  const accelerating = acceleration(world);
  accelerating.catch(() => {});
  const facts = factsOf(machine) ?? first(machine, request);
  const ready = existsSync(machine.disk) ? facts : await furnish(world, machine, facts, work);
  return await bringUp(world, machine, ready, () => accelerating, work);
}

function first(machine: Machine, { cpus, memory, disk, image, publicKeys }: MachineRequest): Facts {
  const facts = { uuid: machine.uuid, port: machine.port, cpus, memory, disk, image, publicKeys: [...publicKeys] };
  makeDirectory(machine, facts);
  return facts;
}

async function furnish(world: World, machine: Machine, facts: Facts, work: Work): Promise<Facts> {
  const image = await chosenImage(world, facts.image, work);
  work.cancel.throwIfAborted();
  return await makeDisk(world, machine, facts, image);
}

async function start(world: World, machine: Machine, work: Work): Promise<Endpoint> {
  const facts = factsOf(machine);
  if (facts === undefined || !existsSync(machine.disk)) throw notThere(machine);
  return await bringUp(world, machine, facts, () => acceleration(world), work);
}

async function remove(world: World, machine: Machine): Promise<void> {
  if (!isThere(machine)) return;
  if (existsSync(machine.disk) && factsOf(machine) !== undefined) await cutPower(world, machine);
  removeDirectory(machine);
}

function notThere({ name, directory }: Machine): ProviderError {
  return new ProviderError(
    `nothing is left of ${name} in ${directory}`,
    `agentworks vm delete ${name} forgets it; agentworks vm create makes a new one`,
  );
}

/** The files of the console, the boot before this one last. What a running QEMU still holds of it is written to the first. */
async function serialFiles(world: World, machine: Machine): Promise<readonly string[]> {
  if (factsOf(machine) === undefined) return [];
  await ask(world, machine, async (qmp) => await emptyRing(qmp, machine));
  return [machine.serial, machine.serialBefore].filter((file) => existsSync(file));
}
