import { appendFileSync, chmodSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { Cancelled, EXIT, MachineError, UserError } from "./errors.ts";
import { VERSION } from "./globals.ts";
import { printable } from "./ui/printable.ts";
import type { Screen } from "./ui/screen.ts";
import { styleFor } from "./ui/style.ts";

/** What the printing of an error needs to know. */
export interface Incident {
  readonly screen: Screen;
  readonly errorLog: string;
  readonly debug: boolean;
  /** The command's name, as far as it was known; never its arguments. */
  readonly command: string;
  readonly now: Date;
}

/** Prints an error on stderr and returns the exit code that it means. */
export function report(error: unknown, incident: Incident): number {
  const { screen } = incident;
  if (error instanceof Cancelled) {
    screen.err(error.message);
    return EXIT.interrupted;
  }
  if (error instanceof MachineError) for (const line of error.tail) screen.err(`  ${line}`);
  if (error instanceof UserError) {
    twoLines(screen, error.message, error.next);
    return error.exitCode;
  }
  unexpected(error, incident);
  return EXIT.failed;
}

function unexpected(error: unknown, { screen, errorLog, debug, command, now }: Incident): void {
  const summary = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const traceback = error instanceof Error && error.stack ? error.stack : summary;
  const line = `unexpected: ${summary.split("\n")[0]}`;
  if (debug) {
    screen.err(traceback);
    twoLines(screen, line, "report it with the traceback above");
    return;
  }
  try {
    mkdirSync(dirname(errorLog), { recursive: true, mode: 0o700 });
    appendFileSync(errorLog, printable(`${now.toISOString()} agentworks ${VERSION}: ${command}\n${traceback}\n\n`), {
      mode: 0o600,
    });
    chmodSync(errorLog, 0o600);
    twoLines(screen, line, `see ${errorLog}, or run again with --debug`);
  } catch (problem) {
    screen.err(`${errorLog} could not be written: ${(problem as Error).message}`);
    twoLines(screen, line, "run again with --debug");
  }
}

function twoLines(screen: Screen, message: string, next: string): void {
  const { red, bold } = styleFor({ color: screen.errColor });
  screen.draw(`${red("Error:")} ${printable(message)}\n${bold("Next:")} ${printable(next)}\n`);
}
