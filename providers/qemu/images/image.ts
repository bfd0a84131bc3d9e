import { closeSync, fsyncSync, openSync } from "node:fs";

/** An image that is ready, somewhere in the cache or at the operator's own path. */
export interface Image {
  /** For messages: `Debian's own image`. */
  readonly what: string;
  readonly disk: string;
  /** Our own images bring the kernel that starts them. */
  readonly kernel?: { readonly vmlinuz: string; readonly initrd: string };
  /** Nobody changes it in place: it may be shared by a hard link. */
  readonly shared: boolean;
}

/** Before a file gets the name by which it is found, all of it is on the disk: a power cut leaves no image that is half of one. */
export function settle(file: string): void {
  const opened = openSync(file, "r+");
  fsyncSync(opened);
  closeSync(opened);
}
