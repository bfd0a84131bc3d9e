import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { UserError } from "../errors.ts";
import type { Screen } from "./screen.ts";

/**
 * Gives the terminal to a program until it ends, and returns its exit code (128+n when signal n ended it). spawnSync, because
 * an event loop that runs beside the program would take keystrokes from it.
 */
export function handTerminal(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  screen: Screen,
): number {
  const [program = "", ...args] = argv;
  const onTerminal = screen.isTTY("stdin");
  const discipline = onTerminal ? stty(["-g"], env) : undefined;
  const { status, signal, error } = spawnSync(program, args, { stdio: "inherit", env: { ...env } });
  if (error) throw new UserError(`${program} could not be started: ${error.message}`, `install ${program}`);
  const code = status ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  if (!wasCutOff(code)) return code;
  if (discipline !== undefined) stty([discipline], env);
  if (screen.isTTY("stderr")) screen.draw(RESTORE);
  return code;
}

/** ssh's own 255, or a death by signal: whatever drew on the terminal had no time to put it back. */
function wasCutOff(code: number): boolean {
  return code === 255 || code > 128;
}

/** The terminal's line discipline, read or set; nothing where stty is missing. */
function stty(args: readonly string[], env: Readonly<Record<string, string | undefined>>): string | undefined {
  const { status, stdout } = spawnSync("stty", [...args], { stdio: ["inherit", "pipe", "ignore"], env: { ...env } });
  return status === 0 ? stdout.toString().trim() : undefined;
}

/**
 * In this order: the alternate screen is left first; the scroll region is reset with the cursor saved around it; mouse and focus
 * reporting, bracketed paste, application keys and extended keys off; cursor and colours back. No full reset: it would clear the
 * scrollback.
 */
const RESTORE = [
  "\x1b[?1049l",
  "\x1b7\x1b[r\x1b8",
  "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1004l",
  "\x1b[?2004l",
  "\x1b[?1l\x1b>\x1b[<u\x1b[>4m",
  "\x1b[?25h\x1b[0m",
].join("");
