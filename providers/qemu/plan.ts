import type { MachineRequest } from "../provider.ts";
import { qemuArgv } from "./argv.ts";
import { machineOf } from "./machine.ts";

/**
 * What makes the machine, a line each. What only the moment of making knows stands in capitals: where machines are kept, the port and
 * uuid, and what this computer can do.
 */
export function planLines({ name, cpus, memory, disk, image, publicKeys }: MachineRequest): readonly string[] {
  const machine = machineOf("MACHINES", `${name}:00000:00000000-0000-0000-0000-000000000000`);
  const argv = qemuArgv({
    machine,
    host: { arch: "x86_64" },
    accelerator: "tcg",
    ...{ cpus, memory, socket: machine.qmp },
    boot: { kernel: publicKeys },
  });
  const concrete = [
    ...[
      ["00000000-0000-0000-0000-000000000000", "UUID"],
      [":00000-", ":PORT-"],
      ["qemu-system-x86_64", "qemu-system-ARCH"],
    ],
    ...[["tcg,thread=multi", "ACCELERATOR"]],
  ] as const;
  const shown = argv.map((word) => concrete.reduce((text, [from, to]) => text.replaceAll(from, to), word));
  return [
    `image ${image}: in the cache, or made ready there`,
    line(["qemu-img", "create", "-f", "qcow2", "-F", "FORMAT", "-b", "base.img", machine.disk, `${disk}G`]),
    line(shown),
  ];
}

/** Words as a shell would take them. */
function line(words: readonly string[]): string {
  return words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}
