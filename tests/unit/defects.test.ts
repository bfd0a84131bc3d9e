import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DEFECTS } from "../defects.ts";

const ROOT = join(import.meta.dir, "..", "..");

/** Every defect that has to have its test. */
const NAMED = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => `X-${number}`),
  ...[1, 2, 3, 4, 5, 7, 8, 11, 12, 13, 16].map((number) => `C-${number}`),
  ...["26", "31", "33", "39", "40", "41", "43", "46", "53", "59", "61"],
];

/** The words by which a test, a group of tests or a row of a table of tests is titled in a file. */
function titles(text: string): readonly string[] {
  const quoted = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/.source;
  const before = /(?:\btest|\bdescribe)(?:\.each\([^)]*\))?\(\s*|^\s*\[\s*|^\s*/.source;
  const found = text.matchAll(new RegExp(`(?:${before})(${quoted})(?=\\s*[,:])`, "gm"));
  return [...found].map(([, title = ""]) => title.slice(1, -1).replaceAll(/\\(["`])/g, "$1"));
}

test("every defect is there, and no other", () => {
  expect(Object.keys(DEFECTS).sort()).toEqual(NAMED.sort());
});

describe("the tests exist that would catch:", () => {
  for (const [id, { what, tests }] of Object.entries(DEFECTS)) {
    test(`${id} ${what}`, () => {
      expect(tests.length).toBeGreaterThan(0);
      for (const place of tests) {
        const [file = "", ...rest] = place.split("#");
        expect([place, existsSync(join(ROOT, file))]).toEqual([place, true]);
        const found = titles(readFileSync(join(ROOT, file), "utf8"));
        expect([place, found.includes(rest.join("#"))]).toEqual([place, true]);
      }
    });
  }
});
