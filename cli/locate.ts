import { nearest } from "./config/nearest.ts";
import { UsageError } from "./errors.ts";
import { globalFlag, PROGRAM } from "./globals.ts";

/** What a command line asks for, found without loading any command. */
export type Request =
  | {
      readonly kind: "command";
      readonly name: string /** argv without the command's own words */;
      readonly words: readonly string[];
    }
  | {
      readonly kind: "help" /** `vm`, or empty for the whole program */;
      readonly noun: string /** typed, not fallen into */;
      readonly asked: boolean;
    }
  | { readonly kind: "version" };

/** Finds the command among `names` (`vm list`) that `argv` begins with; global flags may stand before and between its words. */
export function locate(argv: readonly string[], names: readonly string[]): Request {
  const flags: string[] = [];
  let noun = "";
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] ?? "";
    if (word.length > 1 && word.startsWith("-")) {
      flags.push(word);
      if (takesNextWord(word) && i + 1 < argv.length) flags.push(argv[++i] ?? "");
      continue;
    }
    const name = noun === "" ? word : `${noun} ${word}`;
    if (names.includes(name)) return { kind: "command", name, words: [...flags, ...argv.slice(i + 1)] };
    if (!names.some((known) => known.startsWith(`${name} `))) throw unknownCommand(name, noun, argv[i + 1], names);
    noun = name;
  }
  if (flags.includes("--version")) return { kind: "version" };
  return { kind: "help", noun, asked: flags.includes("--help") || flags.includes("-h") };
}

function takesNextWord(word: string): boolean {
  const [name = "", value] = word.split("=", 2);
  const flag = globalFlag(name);
  if (flag === undefined)
    throw new UsageError(`unknown global flag ${name}; a command's own flags stand after it`, `${PROGRAM} --help`);
  return flag.value !== undefined && value === undefined;
}

function unknownCommand(name: string, noun: string, next: string | undefined, names: readonly string[]): UsageError {
  const nouns = [...new Set(names.map((known) => known.split(" ")[0] ?? known))];
  const whole = noun === "" && next !== undefined ? `${name} ${next}` : name;
  const guess = nearest(whole, names) ?? nearest(name, nouns);
  const hint = guess === undefined ? "" : `, did you mean "${guess}"?`;
  return new UsageError(
    `unknown command "${name}"${hint}`,
    noun === "" ? `${PROGRAM} --help` : `${PROGRAM} ${noun} --help`,
  );
}
