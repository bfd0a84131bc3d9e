import type { z } from "zod";

/** How a command is told what to do: all by flags, the same for a program, or asked on a terminal. */
export const WAYS = ["flags", "json", "asked"] as const;
export type Way = (typeof WAYS)[number];

/**
 * One command's line of the matrix. In words, keys and bash `$NAME` stands for the thing it is about (of its own for every way, but
 * for the machine), `$NEW` for a name that nothing has, `$HOST` and `$HOST_KEY` for the machine's.
 */
export interface Row {
  readonly command: string;
  /** The words that say everything. */
  readonly flags: readonly string[];
  /** Commands that are run first. */
  readonly before?: Partial<Readonly<Record<Way, readonly (readonly string[])[]>>>;
  /** How it ends without a terminal; 0 unless told. */
  readonly exit?: number;
  /** What it says then. */
  readonly says: string;
  /** bash that is true on the machine when it is done. */
  readonly proof?: string;
  /** For every value that is required: the words without it. */
  readonly missing: readonly Missing[];
  /** Null: it has nothing to ask for. */
  readonly asked: Asked | null;
  /** What `--json` holds; null: it takes the terminal and has none. */
  readonly data: z.ZodType | null;
}

/** A command line that lacks a value. */
export interface Missing {
  readonly words: readonly string[];
  /** What the error has to name. */
  readonly named: string;
  /** It is found out by talking to the machine. */
  readonly contact?: true;
}

/** A conversation on a terminal. */
export interface Asked {
  readonly words: readonly string[];
  readonly questions: readonly Question[];
  /** What is typed to whatever the command handed the terminal to. */
  readonly handed?: readonly Question[];
  /** How it ends; 0 unless told. */
  readonly exit?: number;
}

/** What is shown, and the keys that answer it. */
export interface Question {
  readonly asks: string;
  readonly keys: string;
  /** Keys that say no. */
  readonly no?: string;
}

/** Fills in what the placeholders of a row stand for. */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .sort(([a], [b]) => b.length - a.length)
    .reduce((result, [name, value]) => result.replaceAll(`$${name}`, value), text);
}

const THINGS: Readonly<Record<string, string>> = { vm: "dev", workspace: "site", agent: "claude", session: "fix" };

/** What a command is about on a way: `site`, `site-json`, `site-asked`; there is one machine. */
export function thingOf(command: string, way: Way): string {
  const noun = command.split(" ")[0] ?? "";
  const thing = THINGS[noun] ?? "";
  return noun === "vm" || way === "flags" ? thing : `${thing}-${way}`;
}
