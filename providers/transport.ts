import type { Secret } from "../steps/secret.ts";

/** One started command on a machine. Its stdin is fed by us alone; nothing is inherited. */
export interface Channel {
  write(bytes: string | Uint8Array): Promise<void>;
  /** Ends stdin. */
  end(): void;
  readonly stdout: ReadableStream<Uint8Array>;
  readonly stderr: ReadableStream<Uint8Array>;
  /** The exit code; 255 is ssh's own word for "could not", 128+n a signal. */
  readonly exited: Promise<number>;
  kill(): void;
}

/** A way to run bash on a machine. Every transport runs the same constant command, `bash -s` as root. */
export interface Transport {
  /** For messages and logs: `agentworks@10.0.0.5:22`. */
  readonly label: string;
  /** Starts `bash -s` as root (by `sudo -n` where the login is not root). `sudoPassword` is sent on stdin first. */
  open(options: { readonly sudoPassword?: Secret }): Channel;
  /** Whether an end of the command with these words on stderr, before a byte of stdout came, is worth another try. */
  isTransient(exitCode: number, stderr: string): boolean;
  /** Whether nobody listened there: for a moment, so does a server that reloads. */
  isRefused(exitCode: number, stderr: string): boolean;
  /** What failed, in the operator's words, for an end that is not worth another try. */
  explain(exitCode: number, stderr: string): { readonly message: string; readonly next: string };
  /** The argv of an interactive login as `user`, with a terminal: attach, shell. `command` is one constant shell word list. */
  interactive(options: { readonly user: string; readonly command: readonly string[] }): readonly string[];
}
