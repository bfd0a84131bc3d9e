import type { Missing } from "../provider.ts";
import type { Env, Host } from "./settings.ts";

type Manager = "apt-get" | "dnf" | "pacman" | "brew";
type Need = "emulator" | "images" | "firmware" | "build";

/** The packages by each system's own names (packages.debian.org, packages.fedoraproject.org, archlinux.org, formulae.brew.sh). */
const PACKAGES: Readonly<Record<Manager, Readonly<Record<Need, (host: Host) => string>>>> = {
  "apt-get": {
    emulator: ({ arch }) => (arch === "aarch64" ? "qemu-system-arm" : "qemu-system-x86"),
    images: () => "qemu-utils",
    firmware: () => "qemu-efi-aarch64",
    build: () => "mmdebstrap uidmap e2fsprogs",
  },
  dnf: {
    emulator: ({ arch }) => (arch === "aarch64" ? "qemu-system-aarch64" : "qemu-system-x86"),
    images: () => "qemu-img",
    firmware: () => "edk2-aarch64",
    build: () => "mmdebstrap shadow-utils e2fsprogs",
  },
  pacman: {
    emulator: ({ arch }) => `qemu-system-${arch === "aarch64" ? "aarch64" : "x86"}`,
    images: () => "qemu-img",
    firmware: () => "edk2-aarch64",
    build: () => "mmdebstrap shadow e2fsprogs",
  },
  brew: { emulator: () => "qemu", images: () => "qemu", firmware: () => "qemu", build: () => "qemu" },
};

const COMMANDS: Readonly<Record<Manager, string>> = {
  "apt-get": "apt-get install --no-install-recommends",
  dnf: "dnf install",
  pacman: "pacman -S",
  brew: "brew install",
};

/** What helps against a lack on this system: the command that installs what is needed, and the packages where they are Debian's. */
export function installing(host: Host, env: Env, needs: readonly Need[]): Pick<Missing, "next" | "packages"> {
  const manager = (Object.keys(COMMANDS) as readonly Manager[]).find((name) => which(name, env) !== undefined);
  if (manager === undefined) return { next: "install QEMU (https://www.qemu.org/download/)" };
  const packages = [...new Set(needs.flatMap((need) => PACKAGES[manager][need](host).split(" ")))];
  const sudo = manager === "brew" || process.getuid?.() === 0 ? "" : "sudo ";
  const next = `${sudo}${COMMANDS[manager]} ${packages.join(" ")}`;
  return manager === "apt-get" ? { next, packages } : { next };
}

/** The programs that every machine needs and this computer lacks. */
export function missingPrograms(host: Host, env: Env): readonly Missing[] {
  const needs: readonly (readonly [string, Need])[] = [
    [`qemu-system-${host.arch}`, "emulator"],
    ["qemu-img", "images"],
  ];
  const missing = needs.filter(([program]) => which(program, env) === undefined);
  if (missing.length === 0) return [];
  const help = installing(
    host,
    env,
    missing.map(([, need]) => need),
  );
  return missing.map(([program]) => ({ what: program, ...help }));
}

/** Where a program is on the operator's PATH. */
export function which(program: string, env: Env): string | undefined {
  return Bun.which(program, { PATH: env.PATH ?? "" }) ?? undefined;
}
