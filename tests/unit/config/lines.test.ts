import { expect, test } from "bun:test";
import { keyLines } from "../../../cli/config/lines.ts";
import { type KeyPath, parseToml, valueAt } from "../../../cli/config/toml.ts";

const document = `# [comment]
top = """
[not.a.table]
x = 1 \\""" ""\\"
"""""  # two quotes of its own

"quo.ted" = 'it''s'
`.replace("'it''s'", `"it's # not [a] comment"`);

const tables = `a.b . "c d" = 1
[ server . 'x.y' ]   # comment with "quote
list = [ # one
  1, "],", # two
  [ 'nested
', 2],
]
`.replace("'nested\n'", "'''nested\n'''");

const elements = `
[[user]]
name = "first"
[user.home]
path = 1979-05-27 07:32:00Z

[[user]]
inline = { k = [1, { deep = "}" }], l.m = 'x' }
  [[user.keys]]
  id = 1
  [[user.keys]]
  id = 2
[user.home]
path = 2
`;

const text = document + tables + elements;

/** A path, and the text that its line holds. */
const places: readonly (readonly [KeyPath, string])[] = [
  [["top"], 'top = """'],
  [["quo.ted"], '"quo.ted"'],
  [["a"], "a.b ."],
  [["a", "b", "c d"], "a.b ."],
  [["server"], "[ server"],
  [["server", "x.y"], "[ server"],
  [["server", "x.y", "list"], "list = ["],
  [["server", "x.y", "list", 0], "  1, "],
  [["server", "x.y", "list", 1], "  1, "],
  [["server", "x.y", "list", 2, 0], "  [ '''nested"],
  [["server", "x.y", "list", 2, 1], "''', 2],"],
  [["user"], "[[user]]"],
  [["user", 0, "name"], "name = "],
  [["user", 0, "home", "path"], "path = 1979"],
  [["user", 1, "inline", "k", 1, "deep"], "inline = "],
  [["user", 1, "inline", "l", "m"], "inline = "],
  [["user", 1, "keys", 0, "id"], "  id = 1"],
  [["user", 1, "keys", 1, "id"], "  id = 2"],
  [["user", 1, "home", "path"], "path = 2"],
];

test("every kind of key and element is found where it stands", () => {
  const parsed = parseToml(text);
  if (!("document" in parsed)) throw new Error(`line ${parsed.line}: ${parsed.problem}`);
  const lineOf = keyLines(text);
  const lines = text.split("\n");
  for (const [path, start] of places) {
    expect([path, valueAt(parsed.document, path) !== undefined]).toEqual([path, true]);
    const line = lineOf(path) ?? 0;
    expect([path, lines[line - 1]?.slice(0, start.length)]).toEqual([path, start]);
  }
});

test("the second of two tables has its own line", () => {
  const lineOf = keyLines(text);
  expect(text.split("\n")[(lineOf(["user", 1]) ?? 0) - 1]).toBe("[[user]]");
  expect(lineOf(["user", 1])).toBeGreaterThan(lineOf(["user", 0]) ?? 0);
});

test("what is missing is at the table around it, or nowhere", () => {
  const lineOf = keyLines("\n[a.b]\nc = 1\n");
  expect([lineOf(["a", "b", "missing"]), lineOf(["a", "b", "c", 4]), lineOf(["z"])]).toEqual([2, 3, undefined]);
});

test("Windows line ends, no last line end, an empty text", () => {
  expect(keyLines("a = 1\r\n\r\n[b]\r\nc = 2")(["b", "c"])).toBe(4);
  expect(keyLines("")(["a"])).toBeUndefined();
});
