import type { Accelerator } from "./accelerator.ts";
import type { Machine } from "./machine.ts";
import type { Host } from "./settings.ts";

/** One start of a machine. */
export interface Launch {
  readonly machine: Machine;
  readonly host: Pick<Host, "arch">;
  readonly accelerator: Accelerator;
  readonly cpus: number;
  /** GiB */
  readonly memory: number;
  /** The kernel beside the disk is started with these lines for root's authorized_keys; else the firmware starts the disk. */
  readonly boot: { readonly kernel: readonly string[] } | { readonly firmware: string | undefined };
  /** Where QEMU makes its socket: the machine's own place, by a way that is short enough. */
  readonly socket: string;
}

const CONSOLE = { x86_64: "ttyS0", aarch64: "ttyAMA0" } as const;
const CPU: Readonly<Record<Accelerator, string>> = { kvm: "host", hvf: "host", tcg: "max" };
const ACCELERATE: Readonly<Record<Accelerator, string>> = { kvm: "kvm", hvf: "hvf", tcg: "tcg,thread=multi" };

/** The command line of QEMU. Only loopback reaches the guest; it has no device that it does not need. */
export function qemuArgv(launch: Launch): readonly string[] {
  const { machine, host, accelerator, cpus, memory, boot, socket } = launch;
  const disk = {
    ...{ driver: "qcow2", "node-name": "disk", discard: "unmap", "detect-zeroes": "unmap" },
    file: { driver: "file", filename: machine.disk },
  };
  return [
    ...[`qemu-system-${host.arch}`, "-name", `agentworks-${machine.name}`, "-uuid", machine.uuid],
    ...["-nodefaults", "-no-user-config", "-display", "none", "-daemonize"],
    ...["-machine", host.arch === "aarch64" ? "virt" : "q35", "-accel", ACCELERATE[accelerator]],
    ...["-cpu", CPU[accelerator], "-smp", String(cpus), "-m", `${Math.round(memory * 1024)}M`],
    ...["-blockdev", JSON.stringify(disk), "-device", "virtio-blk-pci,drive=disk,bootindex=1"],
    ...("kernel" in boot ? kernelArgv(launch, boot.kernel) : diskArgv(machine, boot.firmware)),
    // IPv4 alone: what the fence on the machine does not know, an agent cannot use.
    ...["-netdev", `user,id=net,ipv6=off,hostfwd=tcp:127.0.0.1:${machine.port}-:22`],
    ...["-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci"],
    ...["-chardev", `file,id=serial,append=on,path=${doubled(machine.serial)}`, "-serial", "chardev:serial"],
    ...["-chardev", `socket,id=qmp,server=on,wait=off,path=${doubled(socket)}`, "-mon", "chardev=qmp,mode=control"],
  ];
}

/** The image made here: its own kernel, and the keys as a credential of systemd's (systemd.io/CREDENTIALS: fw_cfg). */
function kernelArgv({ machine, host }: Launch, keys: readonly string[]): readonly string[] {
  return [
    ...["-kernel", machine.kernel, "-initrd", machine.initrd],
    ...["-append", `root=/dev/vda rw quiet net.ifnames=0 console=${CONSOLE[host.arch]}`],
    ...["-fw_cfg", `name=opt/io.systemd.credentials/ssh.authorized_keys.root,string=${doubled(keys.join("\n"))}`],
  ];
}

/** Another image: its own boot loader, and a NoCloud seed for cloud-init. */
function diskArgv(machine: Machine, firmware: string | undefined): readonly string[] {
  const seed = { driver: "vvfat", dir: machine.seed, label: "cidata", "read-only": true, "node-name": "seed" };
  return [
    ...(firmware === undefined ? [] : ["-bios", firmware]),
    ...["-blockdev", JSON.stringify(seed), "-device", "virtio-blk-pci,drive=seed"],
  ];
}

/** QEMU splits options at commas. */
function doubled(value: string): string {
  return value.replaceAll(",", ",,");
}
