import { readdirSync, readFileSync, rmSync } from "node:fs";
import { exec } from "../exec.ts";
import { type Power, ProviderError, type Work } from "../provider.ts";
import { consoleToFile } from "./console.ts";
import { isThere, type Machine } from "./machine.ts";
import { type Qmp, talk } from "./qmp.ts";
import type { World } from "./settings.ts";

/** What a machine's QEMU says: `held` is one that stands still, for want of space on this computer's disk or at somebody's word. */
export type Condition = "running" | "held" | "silent" | "off";

/** Asks a machine's QEMU how it is. */
export async function condition(world: World, machine: Machine): Promise<Condition> {
  const found = await ask(world, machine, async (qmp) => await qmp.command("query-status"));
  if (typeof found === "string") return found;
  const { status } = (found.returned ?? { status: "gone" }) as { readonly status?: string };
  if (status === "gone" || status === "shutdown") return "off";
  return status === "running" ? "running" : "held";
}

/** How a machine is, for its owner. A QEMU that is busy with somebody else runs. */
export async function power(world: World, machine: Machine): Promise<Power> {
  if (!isThere(machine)) return "missing";
  const how = await condition(world, machine);
  return how === "off" || how === "held" ? "stopped" : "running";
}

/** Talks with a machine's QEMU, after making sure that it is this machine's. */
export async function ask<T>(
  world: World,
  machine: Machine,
  say: (qmp: Qmp) => Promise<T>,
): Promise<{ readonly returned: T } | "off" | "silent"> {
  const answer = await talk(machine.qmp, world.limits.answerMs, async (qmp) => {
    const uuid = (await qmp.command("query-uuid")) as { readonly UUID?: string } | undefined;
    if (uuid === undefined) return undefined;
    if (uuid.UUID !== machine.uuid) throw new Error(`${machine.qmp} is the socket of another machine, ${uuid.UUID}`);
    return { returned: await say(qmp) };
  });
  if (answer.kind === "silent") return "silent";
  return answer.kind === "absent" ? "off" : (answer.said ?? "off");
}

/** Shuts the guest down, by its power button first; after the limit the power is cut. */
export async function shutDown(world: World, machine: Machine, work: Work): Promise<void> {
  const asked = await ask(world, machine, async (qmp) => {
    await consoleToFile(qmp, machine);
    await qmp.command("cont");
    await qmp.command("system_powerdown");
  });
  if (asked === "silent") throw await stuck(machine);
  const deadline = Date.now() + world.limits.powerdownMs;
  while (asked !== "off" && Date.now() < deadline && !work.cancel.aborted) {
    if ((await condition(world, machine)) === "off") break;
    await Bun.sleep(150);
  }
  if ((await condition(world, machine)) !== "off") {
    work.progress("it does not shut down: its power is cut");
  }
  await cutPower(world, machine);
}

/** Ends the machine's QEMU, and proves that it has ended: nobody holds the disk any more. */
export async function cutPower(world: World, machine: Machine): Promise<void> {
  const asked = await ask(world, machine, async (qmp) => await qmp.command("quit"));
  if (asked === "silent") throw await stuck(machine);
  const deadline = Date.now() + world.limits.answerMs;
  while (await isHeld(machine, world)) {
    if (Date.now() > deadline) throw await stuck(machine);
    await Bun.sleep(100);
  }
  rmSync(machine.qmp, { force: true });
}

/** Whether a process has the machine's disk open: QEMU locks it (docs/system/images, "image locking"). */
export async function isHeld(machine: Machine, world: World): Promise<boolean> {
  const { stderr } = await exec(["qemu-img", "info", "--", machine.disk], {
    env: { PATH: world.env.PATH },
    timeoutMs: 20_000,
  });
  return stderr.includes('Failed to get shared "write" lock');
}

/** The error for a QEMU that holds the disk and says nothing: we kill no process that did not say that it is ours. */
export async function stuck(machine: Machine): Promise<ProviderError> {
  const pid = process.platform === "linux" ? pidOf(machine) : undefined;
  const what = pid === undefined ? "a process that holds its disk" : `process ${pid}`;
  const next = pid === undefined ? `end the process that has ${machine.disk} open, and` : `kill -9 ${pid}, and`;
  return new ProviderError(`${machine.name}: its QEMU (${what}) does not answer`, `${next} run the command again`);
}

/** The process that was started with the machine's uuid. */
function pidOf(machine: Machine): string | undefined {
  return readdirSync("/proc").find((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`-uuid\0${machine.uuid}\0`);
    } catch {
      return false; // it ended meanwhile
    }
  });
}
