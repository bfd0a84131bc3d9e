import { ProviderError } from "../provider.ts";

const MIB = 1024 * 1024;

/** The error for space that is not there. */
export function diskFull(place: string, needed: number): ProviderError {
  return new ProviderError(
    `the disk of ${place} is full: ${Math.ceil(needed / MIB)} MiB more are needed`,
    "free some space, and run the command again: it goes on where it was",
  );
}
