import type { Argument, Command, Flag } from "./command.ts";
import { GLOBAL_FLAGS, PROGRAM } from "./globals.ts";

interface Summary {
  readonly name: string;
  readonly summary: string;
}

type Row = readonly [string, string];

/** The help of one command. */
export function commandHelp(definition: Command): string {
  const usage = [PROGRAM, definition.name, ...definition.args.map(placeholder), "[flags]"].join(" ");
  return sections([
    [definition.summary],
    titled("Usage", [`  ${usage}`]),
    titled("Arguments", aligned(definition.args.map((arg) => [placeholder(arg), arg.description]))),
    titled("Flags", aligned(Object.entries(definition.flags).map(flagRow))),
    titled("Global flags", aligned(Object.entries(GLOBAL_FLAGS).map(flagRow))),
    titled(
      "Examples",
      definition.examples.map((example) => `  ${example}`),
    ),
  ]);
}

/** The help of a noun (`vm`) with its commands, or of the whole program when `noun` is empty. */
export function tableHelp(noun: string, commands: readonly Summary[]): string {
  return sections([
    noun === "" ? ["Run many AI coding agents on many Debian machines."] : [],
    titled("Usage", [`  ${[PROGRAM, noun, "<command> [flags]"].filter(Boolean).join(" ")}`]),
    titled("Commands", aligned(commands.map(({ name, summary }) => [name, summary]))),
    noun === "" ? titled("Global flags", aligned(Object.entries(GLOBAL_FLAGS).map(flagRow))) : [],
    [`Help of one command: ${[PROGRAM, noun, "<command> --help"].filter(Boolean).join(" ")}`],
  ]);
}

function placeholder(arg: Argument): string {
  const name = arg.name.toUpperCase();
  return arg.rest ? `[${name}...]` : name;
}

function flagRow([name, flag]: readonly [string, Flag]): Row {
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const value = flag.value === undefined ? "" : ` ${flag.value}`;
  return [`${short}--${name}${value}`, flag.many ? `${flag.description} (may be repeated)` : flag.description];
}

function aligned(rows: readonly Row[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`.trimEnd());
}

function titled(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines];
}

function sections(blocks: readonly (readonly string[])[]): string {
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}
