import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BASE_PACKAGES, TERMINAL_PACKAGES } from "../../../steps/machine/settings.ts";
import type { Host } from "../settings.ts";
import buildScript from "./build/build.sh" with { type: "text" };
import hostKeysUnit from "./build/files/host-keys.conf" with { type: "text" };
import networkUnit from "./build/files/network.conf" with { type: "text" };
import timeUnit from "./build/files/time.conf" with { type: "text" };
import furnishScript from "./build/furnish.sh" with { type: "text" };
import prepareScript from "./build/prepare.sh" with { type: "text" };

export const RELEASE = "bookworm";

/** What init installs on every machine is in the image already, and what makes a root directory a machine. */
function packages({ debianArch }: Host): readonly string[] {
  const bootable = ["e2fsprogs", "initramfs-tools", `linux-image-cloud-${debianArch}`, "systemd-sysv", "udev"];
  return [...BASE_PACKAGES, ...TERMINAL_PACKAGES, ...bootable, "nftables", "systemd-timesyncd", "zsh"];
}

const FILES: Readonly<Record<string, string>> = {
  "build.sh": buildScript,
  "prepare.sh": prepareScript,
  "furnish.sh": furnishScript,
  "files/network.conf": networkUnit,
  "files/time.conf": timeUnit,
  "files/host-keys.conf": hostKeysUnit,
};

/** Names what would be built: another recipe makes another image. */
export function recipeKey(host: Host): string {
  const parts = [RELEASE, host.debianArch, ...packages(host), ...Object.entries(FILES).flat()];
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 16);
}

/** Lays the recipe out in a directory; the argv that cooks it into `target`. */
export function layOut(host: Host, work: string, target: string): readonly string[] {
  mkdirSync(join(work, "files"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(work, name), text, { mode: 0o644 });
  return ["bash", join(work, "build.sh"), "make", work, target, RELEASE, host.debianArch, packages(host).join(",")];
}

/** The argv that removes a directory in which an image was being made, whoever its files belong to. */
export function sweepArgv(work: string): readonly string[] {
  return ["bash", "-c", buildScript, "build.sh", "sweep", work];
}
