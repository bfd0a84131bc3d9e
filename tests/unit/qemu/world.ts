import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProviderError, type Work } from "../../../providers/provider.ts";
import type { QemuSettings } from "../../../providers/qemu/settings.ts";

/** Settings of a provider in a place of its own, without KVM. */
export function settingsIn(changed: Partial<QemuSettings> = {}): QemuSettings {
  const place = mkdtempSync(join(tmpdir(), "qemu-test-"));
  return {
    home: { machines: join(place, "machines"), images: join(place, "images") },
    env: process.env,
    kvm: join(place, "no-kvm"),
    ...changed,
  };
}

/** Work that writes down what it is told. */
export function listening(): Work & { readonly said: string[]; readonly stop: () => void } {
  const said: string[] = [];
  const controller = new AbortController();
  return {
    said,
    stop: () => controller.abort(),
    progress: (words) => void said.push(words),
    cancel: controller.signal,
  };
}

/** What an act was refused with. */
export async function refusal(act: () => Promise<unknown>): Promise<ProviderError> {
  try {
    await act();
  } catch (error) {
    if (error instanceof ProviderError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** A directory of programs that are these scripts. */
export function programs(scripts: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(join(tmpdir(), "qemu-programs-"));
  mkdirSync(directory, { recursive: true });
  for (const [name, text] of Object.entries(scripts))
    writeFileSync(join(directory, name), `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  return directory;
}

export const REQUEST = {
  ...{ name: "box", cpus: 1, memory: 0.25, disk: 1 },
  ...{ image: "auto", publicKeys: ["ssh-ed25519 AAAA operator"] },
} as const;
