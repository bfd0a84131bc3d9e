import { existsSync } from "node:fs";
import { ProviderError } from "../provider.ts";
import { installing } from "./install.ts";
import type { World } from "./settings.ts";

/** UEFI for aarch64, which has no other firmware, by Debian, Fedora, Arch and Homebrew. */
const PLACES = [
  "/usr/share/qemu-efi-aarch64/QEMU_EFI.fd",
  "/usr/share/AAVMF/AAVMF_CODE.fd",
  "/usr/share/edk2/aarch64/QEMU_EFI.fd",
  "/opt/homebrew/share/qemu/edk2-aarch64-code.fd",
];

/** The firmware that starts a disk; undefined is QEMU's own. */
export function firmwareFor({ host, env }: World): string | undefined {
  if (host.arch === "x86_64") return undefined;
  const found = PLACES.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new ProviderError(
    "the image starts by UEFI firmware, which is not installed here",
    `${installing(host, env, ["firmware"]).next}, or set image to "build"`,
  );
}
