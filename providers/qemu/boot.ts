import { rmSync } from "node:fs";
import { connect } from "node:net";
import { exec } from "../exec.ts";
import { type Endpoint, ProviderError, type Work } from "../provider.ts";
import type { Acceleration } from "./accelerator.ts";
import { qemuArgv } from "./argv.ts";
import { consoleToRing } from "./console.ts";
import { firmwareFor } from "./firmware.ts";
import { type Facts, factsOf, keepFacts, type Machine } from "./machine.ts";
import { ask, condition, cutPower, isHeld, stuck } from "./power.ts";
import { FLOOD, rotateSerial, serialSize, serialTail, shownHostKeys } from "./serial.ts";
import type { World } from "./settings.ts";
import { withShortPath } from "./socket.ts";

/** Brings a machine up, from whatever condition, and says where it answers. One that runs already is left alone. */
export async function bringUp(
  world: World,
  machine: Machine,
  facts: Facts,
  accelerate: () => Promise<Acceleration>,
  work: Work,
): Promise<Endpoint> {
  const how = await condition(world, machine);
  if (how === "silent") throw await stuck(machine);
  if (how === "held") {
    work.progress("it stood still, and goes on (a full disk here does that)");
    await ask(world, machine, async (qmp) => await qmp.command("cont"));
  }
  const accelerated = how === "off" ? await accelerate() : undefined;
  if (accelerated?.words !== undefined) work.progress(accelerated.words);
  work.cancel.throwIfAborted();
  if (accelerated !== undefined) await launch(world, machine, facts, accelerated);
  const limits = world.limits;
  const slow = accelerated === undefined || accelerated.accelerator === "tcg";
  work.progress("booting");
  try {
    const deadline = Date.now() + (slow ? limits.slowBootMs : limits.bootMs);
    return await answered(world, machine, { fresh: how === "off", deadline }, work);
  } catch (error) {
    // What runs already was not started for this.
    if (how === "off" && work.cancel.aborted) await cutPower(world, machine);
    throw error;
  }
}

/** Starts QEMU, which stays in the background, in a session of its own. */
async function launch(world: World, machine: Machine, facts: Facts, { accelerator }: Acceleration): Promise<void> {
  if (await isHeld(machine, world)) throw await stuck(machine);
  rmSync(machine.qmp, { force: true });
  rotateSerial(machine);
  const boot = facts.boot === "kernel" ? { kernel: facts.publicKeys } : { firmware: firmwareFor(world) };
  const { code, stderr } = await withShortPath(machine.qmp, async (socket) => {
    const argv = qemuArgv({
      machine,
      host: world.host,
      accelerator,
      cpus: facts.cpus,
      memory: facts.memory,
      boot,
      socket,
    });
    return await exec(argv, { env: { PATH: world.env.PATH }, timeoutMs: 30_000 });
  });
  if (code === 0) return;
  const said = stderr.trim().split("\n");
  if (/Could not set up host forwarding|Address already in use/.test(stderr)) throw portTaken(machine);
  throw new ProviderError(`QEMU did not start ${machine.name}`, "see what it says below", said);
}

/** The error for a port that another program has. */
export function portTaken({ name, port }: Machine): ProviderError {
  const who = process.platform === "darwin" ? `lsof -nP -iTCP:${port} -sTCP:LISTEN` : `ss -ltnp 'sport = :${port}'`;
  return new ProviderError(
    `port ${port} on 127.0.0.1, by which ${name} is reached, is in use by another program`,
    `${who} shows it; end it, and run the command again`,
  );
}

interface Boot {
  /** Started just now: the console shows this boot and no other. */
  readonly fresh: boolean;
  readonly deadline: number;
}

/** Waits until ssh answers and the host keys are known. */
async function answered(world: World, machine: Machine, boot: Boot, work: Work): Promise<Endpoint> {
  for (let round = 1; Date.now() < boot.deadline; round++) {
    work.cancel.throwIfAborted();
    const hostKeys = knownHostKeys(machine);
    if (hostKeys.length > 0 && (await greets(machine.port))) {
      await ask(world, machine, consoleToRing);
      return { host: "127.0.0.1", port: machine.port, user: "root", hostKeys };
    }
    const end = boot.fresh ? deadEnd(machine) : undefined;
    if (end !== undefined) {
      await cutPower(world, machine);
      throw new ProviderError(`${machine.name} ${end}`, "use another image", serialTail(machine));
    }
    if (round % 8 === 0 && (await condition(world, machine)) === "off")
      throw new ProviderError(`${machine.name} went off while it booted`, ...tail(machine));
    await Bun.sleep(200);
  }
  throw new ProviderError(`${machine.name} does not answer on port ${machine.port}`, ...tail(machine));
}

/** What a boot does not come back from. */
function deadEnd(machine: Machine): string | undefined {
  if (serialSize(machine) > FLOOD) return "floods its console";
  const said = serialTail(machine, 3).join("\n");
  if (said.includes("Kernel panic - not syncing")) return "met a kernel panic while it booted";
  return /^\(initramfs\)|emergency mode/m.test(said) ? "did not find its system" : undefined;
}

function tail(machine: Machine): [string, readonly string[]] {
  return [`look at its console: agentworks vm logs ${machine.name} --serial`, serialTail(machine)];
}

/** Those seen at the first boot; a machine keeps them. */
function knownHostKeys(machine: Machine): readonly string[] {
  const facts = factsOf(machine);
  if (facts === undefined) throw new Error(`${machine.directory} went away`);
  if (facts.hostKeys !== undefined) return facts.hostKeys;
  const hostKeys = [...shownHostKeys(machine)];
  if (hostKeys.length > 0) keepFacts(machine, { ...facts, hostKeys });
  return hostKeys;
}

/** Whether sshd says its name: QEMU accepts for the guest, before anybody listens there. */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(3000, () => settle(false));
    socket.once("data", (bytes) => settle(bytes.toString("latin1").startsWith("SSH-")));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
