import { statfsSync } from "node:fs";
import { totalmem } from "node:os";
import { dirname } from "node:path";
import type { Host, Limits, QemuSettings, World } from "./settings.ts";

const LIMITS: Limits = {
  bootMs: 180_000,
  slowBootMs: 420_000,
  powerdownMs: 30_000,
  accelerateMs: 3000,
  connectMs: 5000,
  silenceMs: 30_000,
  answerMs: 5000,
  memory: totalmem,
  free: freeSpace,
};

/** The settings with what is not said filled in. */
export function worldFrom({ home, env, kvm, limits, debianImages }: QemuSettings): World {
  return {
    home,
    env,
    kvm: kvm ?? "/dev/kvm",
    limits: { ...LIMITS, ...limits },
    debianImages: debianImages ?? "https://cloud.debian.org/images/cloud/bookworm/latest",
    host: thisHost(),
  };
}

function thisHost(): Host {
  const arm = process.arch === "arm64";
  return { os: process.platform, arch: arm ? "aarch64" : "x86_64", debianArch: arm ? "arm64" : "amd64" };
}

/** Bytes that a user may still write where a path is, or will be. */
function freeSpace(path: string): number {
  for (let place = path; ; place = dirname(place)) {
    try {
      const { bavail, bsize } = statfsSync(place);
      return bavail * bsize;
    } catch (error) {
      if ((error as { code?: string }).code !== "ENOENT" || place === dirname(place)) throw error;
    }
  }
}
