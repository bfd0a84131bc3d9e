import { existsSync } from "node:fs";
import type { Host } from "./settings.ts";

/** UEFI for aarch64, which has no other firmware, by Debian, Fedora, Arch and Homebrew. */
const PLACES = [
  "/usr/share/AAVMF/AAVMF_CODE.fd",
  "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
  "/usr/share/edk2/aarch64/QEMU_EFI.fd",
  "/opt/homebrew/share/qemu/edk2-aarch64-code.fd",
];

/** The firmware that starts a disk; undefined is QEMU's own. */
export function firmwareFor({ arch }: Host): string | undefined {
  return arch === "aarch64" ? PLACES.find((place) => existsSync(place)) : undefined;
}
