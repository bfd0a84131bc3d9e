import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../exec.ts";
import type { World } from "./settings.ts";

export type Accelerator = "kvm" | "hvf" | "tcg";

/** How a machine will run here. */
export interface Acceleration {
  readonly accelerator: Accelerator;
  /** Why it is slow, and what would make it fast. */
  readonly words?: string;
}

/**
 * The fastest way that works. That /dev/kvm exists and opens says little: where it hangs, no instruction is ever run. So a program of a
 * few instructions is run first.
 */
export async function acceleration(world: World): Promise<Acceleration> {
  if (world.host.os === "darwin") {
    if (await runs(world, "hvf")) return { accelerator: "hvf" };
    return slow("the Hypervisor framework of macOS cannot be used");
  }
  if (!existsSync(world.kvm))
    return slow(`there is no ${world.kvm}: turn on virtualization in this computer's firmware`);
  if (!mayUse(world.kvm)) return slow(`no permission on ${world.kvm}: run sudo usermod -aG kvm $USER and log in again`);
  if (await runs(world, "kvm")) return { accelerator: "kvm" };
  return slow(
    `${world.kvm} is there, but nothing runs on it: look at dmesg, and at nested virtualization if this is a virtual machine`,
  );
}

function slow(why: string): Acceleration {
  return { accelerator: "tcg", words: `it runs without acceleration, about ten times slower: ${why}` };
}

function mayUse(device: string): boolean {
  try {
    accessSync(device, constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Runs a program that ends QEMU by itself, at once. */
export async function runs(world: World, accelerator: Accelerator): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), "agentworks-"));
  try {
    const { code } = await exec(probeArgv(world.host.arch, accelerator, directory), {
      env: { PATH: world.env.PATH },
      timeoutMs: world.limits.accelerateMs,
    });
    return code === PROBE_CODE[world.host.arch];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** isa-debug-exit makes 33 of the 16 that is written to it; a guest that powers off ends QEMU with 0. */
const PROBE_CODE = { x86_64: 33, aarch64: 0 } as const;

/** A QEMU without memory worth the name, whose firmware is our program. */
function probeArgv(arch: World["host"]["arch"], accelerator: Accelerator, directory: string): readonly string[] {
  const program = join(directory, "program");
  writeFileSync(program, arch === "aarch64" ? armProgram() : x86Program());
  const common = ["-nodefaults", "-no-user-config", "-display", "none", "-accel", accelerator, "-m", "64M"];
  const cpu = ["-cpu", accelerator === "tcg" ? "max" : "host"];
  if (arch === "aarch64") return ["qemu-system-aarch64", "-machine", "virt", ...common, ...cpu, "-kernel", program];
  const exit = ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"];
  return ["qemu-system-x86_64", "-machine", "q35", ...common, ...cpu, ...exit, "-bios", program, "-no-reboot"];
}

/** At the reset vector: mov al,16; out 0xf4,al; hlt. */
function x86Program(): Uint8Array {
  const rom = new Uint8Array(65_536);
  rom.set([0xb0, 0x10, 0xe6, 0xf4, 0xf4], 0xfff0);
  return rom;
}

/** movz w0,#8; movk w0,#0x8400,lsl 16; hvc #0; b . : PSCI SYSTEM_OFF (Arm DEN0022). */
function armProgram(): Uint8Array {
  return new Uint8Array(new Uint32Array([0x52800100, 0x72b08000, 0xd4000002, 0x14000000]).buffer);
}
