import { describe, expect, test } from "bun:test";
import { printable, printableJson, printableLine, printableWithColor } from "../../../cli/ui/printable.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not pass.
const forbidden = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Text from random bytes, read as UTF-8 and as UTF-16. */
function noise(): string[] {
  const bytes = crypto.getRandomValues(new Uint8Array(256));
  const units = Array.from({ length: 128 }, () => Math.floor(Math.random() * 0x3000));
  return [new TextDecoder().decode(bytes), new TextDecoder("latin1").decode(bytes), String.fromCharCode(...units)];
}

function withoutColor(text: string): string {
  return [0, 1, 2, 31, 32, 33, 36].reduce((rest, code) => rest.replaceAll(`\x1b[${code}m`, ""), text);
}

describe("printable", () => {
  test("lets nothing pass that moves a cursor or turns text around", () => {
    for (let i = 0; i < 500; i++) {
      for (const text of noise()) {
        const clean = printable(text);
        expect(clean).not.toMatch(forbidden);
        expect(printable(clean)).toBe(clean);
        const kept = [...text.toWellFormed()].filter((character) => !forbidden.test(character)).join("");
        expect(clean).toBe(kept);
      }
    }
  });

  test("keeps newlines, tabs and every other language", () => {
    expect(printable("a\tb\nnaïve 日本 🙂 עברית")).toBe("a\tb\nnaïve 日本 🙂 עברית");
    expect(printable("\ud800x")).toBe("\ufffdx");
    expect(printable("a\r\nb\x1b]0;title\x07\u202e")).toBe("a\nb]0;title");
  });

  test("in one line", () => {
    expect(printableLine("a\n\n\tb\x1b[2J")).toBe("a b[2J");
  });

  test("with colour, our colours pass and end", () => {
    expect(printableWithColor("\x1b[31mred\x1b[0m")).toBe("\x1b[31mred\x1b[0m");
    expect(printableWithColor("\x1b[31mred")).toBe("\x1b[31mred\x1b[0m");
    expect(printableWithColor("\x1b[8mhidden\x1b[31;5mx\x1b[1Ay")).toBe("[8mhidden[31;5mx[1Ay");
    for (let i = 0; i < 200; i++) {
      for (const text of noise()) expect(withoutColor(printableWithColor(text))).not.toMatch(forbidden);
    }
  });

  test("in JSON nothing is lost", () => {
    for (let i = 0; i < 200; i++) {
      for (const text of noise()) {
        const json = printableJson({ text });
        expect(json).not.toMatch(forbidden);
        expect(JSON.parse(json)).toEqual({ text });
      }
    }
  });
});
