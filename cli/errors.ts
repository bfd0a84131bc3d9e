/**
 * The errors that are expected. Each is two lines on stderr, `Error:` and `Next:`; main.ts alone prints them and maps
 * them to an exit code. Anything else that is thrown is a bug: one line, and its traceback in logs/error.log.
 */

/** Exit codes of the program (README, "Exit codes"). */
export const EXIT = { done: 0, failed: 1, usage: 2, pending: 3, partial: 4, interrupted: 130 } as const;

/** Something failed that the operator can do something about. `next` is a command, or an act, that helps. */
export class UserError extends Error {
  readonly next: string;
  readonly exitCode: number;

  constructor(message: string, next: string, exitCode: number = EXIT.failed) {
    super(message);
    this.name = "UserError";
    this.next = next;
    this.exitCode = exitCode;
  }
}

/** The command line or the configuration is wrong; nothing was done. */
export class UsageError extends UserError {
  constructor(message: string, next: string) {
    super(message, next, EXIT.usage);
    this.name = "UsageError";
  }
}

/** A machine did not do what it was asked; `tail` holds the last lines that it printed. */
export class MachineError extends UserError {
  readonly tail: readonly string[];

  constructor(message: string, next: string, tail: readonly string[] = []) {
    super(message, next);
    this.name = "MachineError";
    this.tail = tail;
  }
}

/** The operator said stop (Ctrl-C, SIGTERM, or a prompt left). Exit code 130. */
export class Cancelled extends Error {
  constructor(message = "Cancelled.") {
    super(message);
    this.name = "Cancelled";
  }
}
