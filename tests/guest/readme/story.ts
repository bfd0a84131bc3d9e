import { expect, test } from "bun:test";
import { appendFileSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Fence, fencesOf, type Line, linesOf } from "./fences.ts";
import type { Reader, Talk } from "./reader.ts";

/** What a reader meets who types a command of the README. */
export interface Claim {
  /** 0 unless told. */
  readonly code?: number;
  readonly talk?: Talk;
  /** Words that it shows. */
  readonly shows?: string | RegExp;
  /** The reader's directory below the home: the home itself unless told. */
  readonly at?: string;
  /** What the reader or the world does first. */
  readonly before?: () => unknown;
  /** Two minutes unless told. */
  readonly limitMs?: number;
}

/** What a reader types, of what stands in the README: commands without the comments behind them. */
export type Story = Readonly<Record<string, Claim>>;

export const CHECKOUT = "agentworks";
/** What leaves a session: Ctrl-b d. */
export const DETACH = "\x02d";
const LIMIT_MS = 120_000;
const README = join(import.meta.dir, "..", "..", "..", "README.md");

/** The README's blocks, in order. */
export function readme(): readonly Fence[] {
  return fencesOf(readFileSync(README, "utf8"));
}

/** The file that a reader's configuration is written into. */
export function configurationOf(reader: Reader): string {
  return join(reader.outside, ".config", "agentworks", "config.toml");
}

/**
 * Makes the tests of a story: one for each of its commands, each block of configuration and each picture (a `text` block: the screen of
 * the command before it), as they follow each other in the README. A command that stands there twice is typed the first time.
 */
export function tell(story: Story, reader: () => Reader): void {
  /** The line that did not come to what it should: those after it build on it. */
  let stuck: number | undefined;
  const step = (what: string, line: number, act: () => Promise<void>, limitMs = LIMIT_MS): void =>
    test(
      `line ${line}: ${what}`,
      async () => {
        if (stuck !== undefined) throw new Error(`see line ${stuck}`);
        stuck = line;
        await act();
        stuck = undefined;
      },
      limitMs,
    );
  /** What each command showed. */
  const screens = new Map<string, string>();
  const begun = new Set<string>();
  let last = "";
  for (const fence of readme()) {
    const [first = ""] = fence.text.split("\n");
    const pictured = last;
    if (fence.language === "toml") step(first, fence.line, () => configure(reader(), fence));
    if (fence.language === "text" && begun.has(pictured))
      step(`a picture of ${pictured}`, fence.line, async () => compare(fence, screens.get(pictured) ?? ""));
    if (fence.language !== "sh") continue;
    for (const line of linesOf(fence)) {
      last = line.command;
      const claim = story[last];
      if (claim === undefined || begun.has(last)) continue;
      begun.add(last);
      const act = async () => void screens.set(line.command, await type(reader(), line, claim));
      step(last, line.line, act, claim.limitMs);
    }
  }
}

/** Returns what was shown. */
async function type(reader: Reader, { written }: Line, claim: Claim): Promise<string> {
  await claim.before?.();
  const { code, shown, unsent } = await reader.type(written, claim.at ?? ".", claim.talk);
  expect({ code, unsent, shown }).toEqual({ code: claim.code ?? 0, unsent: 0, shown: expect.any(String) });
  expect(shown).toMatch(claim.shows ?? "");
  return shown;
}

/** The words of a picture stand on the screen, one after the other. (Where is not said: a terminal is told to go to places.) */
async function compare({ text }: Fence, screen: string): Promise<void> {
  const words = (shown: string): string => Bun.stripANSI(shown).replace(/\s+/g, "");
  expect(words(screen)).toContain(words(text));
}

/** Blocks of configuration are added to what the reader has, from the top of the README to its end. */
async function configure(reader: Reader, { text }: Fence): Promise<void> {
  mkdirSync(dirname(configurationOf(reader)), { recursive: true });
  appendFileSync(configurationOf(reader), `${text}\n`);
  const { code, shown } = await reader.type("agentworks vm list", ".");
  expect({ code, shown }).toEqual({ code: 0, shown: expect.not.stringContaining("config.toml") });
}
