import { cac } from "cac";
import type { Command, Flag } from "./command.ts";
import { nearest } from "./config/nearest.ts";
import { UsageError } from "./errors.ts";
import { GLOBAL_FLAGS, PROGRAM } from "./globals.ts";

/** The values of a command line by the camelCase names of arguments and flags, each exactly as it was typed. */
export type Values = Readonly<Record<string, string | true | readonly string[]>>;

/**
 * Parses the words after a command's name. cac assigns values to flags and arguments, but it turns `007` into 7, loses
 * empty values and accepts any spelling; so it gets to see stand-ins for the values, and checked flags only.
 */
export function parse(definition: Command, words: readonly string[]): Values {
  const flags: Flags = { ...definition.flags, ...GLOBAL_FLAGS };
  const { masked, values, rest } = mask(definition, flags, words);

  const cli = cac(PROGRAM);
  const declared = cli.command(definition.name, definition.summary);
  for (const [name, flag] of Object.entries(flags)) declared.option(spelling(name, flag), flag.description);
  const { args, options } = cli.parse(["", "", definition.name, ...masked], { run: false });

  const typed = (standIn: unknown): string => values[Number(String(standIn).slice(1))] ?? "";
  const result: Record<string, string | true | readonly string[]> = {};
  Object.entries(flags).forEach(([name, flag], index) => {
    const value: unknown = options[declared.options[index]?.name ?? name];
    if (value === undefined) return;
    result[camelCase(name)] = flag.value === undefined ? true : flag.many ? [value].flat().map(typed) : typed(value);
  });

  const named = definition.args.filter((arg) => !arg.rest);
  const surplus = args[named.length];
  if (surplus !== undefined) throw usage(definition, `unexpected argument ${JSON.stringify(typed(surplus))}`);
  named.slice(0, args.length).forEach((arg, index) => {
    result[camelCase(arg.name)] = typed(args[index]);
  });
  const last = definition.args.find((arg) => arg.rest);
  if (last !== undefined && rest.length > 0) result[camelCase(last.name)] = rest;
  return result;
}

type Flags = Readonly<Record<string, Flag>>;

interface Masked {
  /** What cac sees: flags as typed, `@0`, `@1`, … for every value. */
  readonly masked: readonly string[];
  readonly values: readonly string[];
  /** What follows the arguments of a command that takes the rest untouched. */
  readonly rest: readonly string[];
}

function mask(definition: Command, flags: Flags, words: readonly string[]): Masked {
  const masked: string[] = [];
  const values: string[] = [];
  const seen = new Set<string>();
  const keep = (value: string): string => `@${values.push(value) - 1}`;
  const before = definition.args.some((arg) => arg.rest) ? definition.args.length - 1 : Number.POSITIVE_INFINITY;
  let positionals = 0;
  let ended = false;

  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const plain = ended || !isFlag(word);
    if (positionals === before && (before > 0 || plain || word === "--")) {
      return { masked, values, rest: words.slice(word === "--" ? i + 1 : i) };
    }
    if (plain) {
      positionals++;
      masked.push(keep(word));
      continue;
    }
    if (word === "--") {
      ended = true;
      continue;
    }
    const { name, flag, spelled, value, takesNext } = readFlag(definition, flags, word, words[i + 1]);
    if (seen.has(name) && !flag.many) throw usage(definition, `--${name} is given twice`);
    seen.add(name);
    // Also a switch: after one of several words cac would take the next word for its value.
    masked.push(`${positive(spelled)}=${value === undefined ? "true" : keep(value)}`);
    if (takesNext) i++;
  }
  return { masked, values, rest: [] };
}

interface FlagWord {
  readonly name: string;
  readonly flag: Flag;
  readonly spelled: string;
  /** Undefined for a switch. */
  readonly value: string | undefined;
  /** The value was the next word. */
  readonly takesNext: boolean;
}

function readFlag(definition: Command, flags: Flags, word: string, next: string | undefined): FlagWord {
  const [spelled, inline] = cut(word);
  const [name, flag] = known(definition, flags, spelled);
  if (flag.value === undefined) {
    if (inline !== undefined) throw usage(definition, `--${name} takes no value`);
    return { name, flag, spelled, value: undefined, takesNext: false };
  }
  if (inline !== undefined) return { name, flag, spelled, value: inline, takesNext: false };
  if (next === undefined || isFlag(next)) throw usage(definition, `--${name} needs a value: --${name}=${flag.value}`);
  return { name, flag, spelled, value: next, takesNext: true };
}

/** `-` alone is a value (standard input), and so is a negative number; any other word with a dash is a flag. */
function isFlag(word: string): boolean {
  return word.length > 1 && word.startsWith("-") && !/^-[0-9.]/.test(word);
}

function cut(word: string): readonly [string, string | undefined] {
  const at = word.indexOf("=");
  return at === -1 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function known(definition: Command, flags: Flags, spelled: string): readonly [string, Flag] {
  const found = Object.entries(flags).find(([name, flag]) => spelled === `--${name}` || spelled === `-${flag.short}`);
  if (found !== undefined) return found;
  const guess = nearest(spelled.replace(/^-+/, ""), Object.keys(flags));
  throw usage(definition, `unknown flag ${spelled}${guess === undefined ? "" : `, did you mean --${guess}?`}`);
}

/** A flag in cac's notation: `-y, --yes`, `--name <NAME>`. */
function spelling(name: string, flag: Flag): string {
  const long = positive(flag.value === undefined ? `--${name}` : `--${name} <${flag.value}>`);
  return flag.short === undefined ? long : `-${flag.short}, ${long}`;
}

/** cac reads `--no-status` as the opposite of a flag `--status`, which may be there too; so it gets to see another word. */
function positive(flag: string): string {
  return flag.replace(/^--no-/, "--no_");
}

/** The key of a flag or argument in a command's zod object: `new-agent` → `newAgent`. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function usage(definition: Command, message: string): UsageError {
  return new UsageError(message, `${PROGRAM} ${definition.name} --help`);
}
