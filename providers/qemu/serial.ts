import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from "node:fs";
import type { Machine } from "./machine.ts";

/** A boot writes some ten kilobytes; more than this on the console is a flood. */
export const FLOOD = 8 * 1024 * 1024;
const READ = 1024 * 1024;

/** Keeps the console of the boot before, and begins a new one. */
export function rotateSerial({ serial, serialBefore }: Machine): void {
  if (existsSync(serial)) renameSync(serial, serialBefore);
}

/** How much the console's file holds. */
export function serialSize({ serial }: Machine): number {
  return existsSync(serial) ? statSync(serial).size : 0;
}

/**
 * The host keys that the guest showed on its console, between the marks of cloud-init (cc_keys_to_console); our own image writes the
 * same. Anything else on the console is nobody's word.
 */
export function hostKeysOn(console: string): readonly string[] {
  const block = /-----BEGIN SSH HOST KEY KEYS-----\r?\n([\s\S]*?)-----END SSH HOST KEY KEYS-----/.exec(console)?.[1];
  const lines = (block ?? "").split("\n").map((line) => HOST_KEY.exec(line)?.[1]);
  return lines.filter((line) => line !== undefined).slice(0, 8);
}

const HOST_KEY = /^((?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]{40,2000}={0,2})(?=[ \r]|$)/;

/** The host keys on the console of this boot, or of the one before it. */
export function shownHostKeys({ serial, serialBefore }: Machine): readonly string[] {
  const found = [serial, serialBefore].map((file) => hostKeysOn(read(file, 0)));
  return found.find((keys) => keys.length > 0) ?? [];
}

/** The last lines of the console. */
export function serialTail({ serial }: Machine, lines = 15): readonly string[] {
  const size = existsSync(serial) ? statSync(serial).size : 0;
  const text = read(serial, Math.max(0, size - 64 * 1024));
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== "")
    .slice(-lines);
}

function read(file: string, from: number): string {
  if (!existsSync(file)) return "";
  const fd = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(READ);
    return bytes.toString("utf8", 0, readSync(fd, bytes, 0, READ, from));
  } finally {
    closeSync(fd);
  }
}
