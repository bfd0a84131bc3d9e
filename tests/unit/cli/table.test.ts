import { describe, expect, test } from "bun:test";
import { cut, record, table } from "../../../cli/ui/table.ts";

const piped = { width: Number.POSITIVE_INFINITY };

describe("table", () => {
  test("is aligned, without blanks at the ends", () => {
    expect(
      table(
        ["NAME", "STATUS", "NOTE"],
        [
          ["dev", "running", ""],
          ["a-long-name", "", "x"],
        ],
        piped,
      ),
    ).toBe(["NAME         STATUS   NOTE", "dev          running", "a-long-name           x"].join("\n"));
  });

  test("counts columns, not characters", () => {
    expect(
      table(
        ["A", "B"],
        [
          ["日本", "x"],
          ["🙂", "y"],
          ["é", "z"],
        ],
        piped,
      ),
    ).toBe(["A     B", "日本  x", "🙂    y", "é     z"].join("\n"));
  });

  test("a cell is one line, and cannot draw", () => {
    expect(table(["A", "B"], [["x\ny\x1b[2J", "\u202ez"]], piped)).toBe(
      ["A         B", "x y[2J  z"].join("\n").replace("A         B", "A       B"),
    );
  });

  test("fits a terminal, and is never cut when piped", () => {
    const rows = [["dev", "x".repeat(100), "y".repeat(30)]];
    const lines = table(["NAME", "LONG", "OTHER"], rows, { width: 60 }).split("\n");
    expect(Math.max(...lines.map((line) => Bun.stringWidth(line)))).toBe(60);
    expect(lines[1]).toContain("…");
    expect(table(["NAME", "LONG", "OTHER"], rows, piped)).toContain(`${"x".repeat(100)}  ${"y".repeat(30)}`);
  });

  test("stays legible where nothing fits", () => {
    expect(table(["A", "B"], [["aaaaaaaaaaaa", "bbbbbbbbbbbb"]], { width: 3 }).split("\n")[1]).toBe(
      "aaaaaaa…  bbbbbbb…",
    );
  });

  test("cut keeps characters whole", () => {
    expect(cut("日本語", 5)).toBe("日本…");
    expect(cut("👩‍👩‍👧 x", 3)).toBe("👩‍👩‍👧…");
    expect(cut("abc", 3)).toBe("abc");
  });

  test("record", () => {
    expect(
      record([
        ["Name", "dev"],
        ["Last run", "one\ntwo"],
        ["Note", ""],
      ]),
    ).toBe("Name:      dev\nLast run:  one\n           two\nNote:");
  });
});
