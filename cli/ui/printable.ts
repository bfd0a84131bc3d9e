/**
 * The one sink for text that goes to a terminal or into a file we keep: what a machine said can hold escape sequences.
 * Dropped: C0 except newline and tab (so ESC too), DEL, C1, bidi controls; lone surrogates become U+FFFD.
 */
export function printable(text: string): string {
  return text.toWellFormed().replace(UNPRINTABLE, "");
}

/** As `printable`, but keeps our own colours, and ends them at the end of the text. */
export function printableWithColor(text: string): string {
  const parts = text.split(COLOR);
  if (parts.length === 1) return printable(text);
  const kept = parts.map((part, index) => (index % 2 === 1 ? part : printable(part))).join("");
  return kept.endsWith(RESET) ? kept : `${kept}${RESET}`;
}

/** A JSON document with everything unprintable escaped, so that it reads back unchanged. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    UNPRINTABLE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** One line: newlines and tabs become spaces. For table cells, names in sentences, the live line. */
export function printableLine(text: string): string {
  return printable(text).replace(/[\n\t]+/g, " ");
}

const RESET = "\x1b[0m";
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this file is about.
const UNPRINTABLE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of style.ts, and nothing else that ESC can begin.
const COLOR = /(\x1b\[(?:0|1|2|22|31|32|33|36|39)m)/;
