import { printable, printableLine } from "./printable.ts";

const GAP = "  ";

/**
 * Rows under a heading, aligned by display width. Where they do not fit the width of a terminal the widest column is cut;
 * piped output is never cut.
 */
export function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  screen: { readonly width: number },
): string {
  const cells = [heading, ...rows].map((row) => row.map(printableLine));
  const widths = heading.map((_, column) => Math.max(...cells.map((row) => Bun.stringWidth(row[column] ?? ""))));
  fit(widths, screen.width);
  return cells
    .map((row) =>
      widths
        .map((width, column) => pad(cut(row[column] ?? "", width), width))
        .join(GAP)
        .trimEnd(),
    )
    .join("\n");
}

/** `key:  value` lines, aligned; values keep their lines. */
export function record(entries: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...entries.map(([key]) => Bun.stringWidth(printableLine(key)))) + 1;
  const indent = " ".repeat(width + GAP.length);
  return entries
    .map(([key, value]) =>
      `${pad(`${printableLine(key)}:`, width)}${GAP}${printable(value).replaceAll("\n", `\n${indent}`)}`.trimEnd(),
    )
    .join("\n");
}

/** A titled list: how many, then one a line. */
export function listed(title: string, lines: readonly string[]): string {
  return [`${title} (${lines.length}):`, ...lines.map((line) => `  ${printableLine(line)}`)].join("\n");
}

/** A text cut to a display width, with an ellipsis where something is missing. */
export function cut(text: string, width: number): string {
  if (Bun.stringWidth(text) <= width) return text;
  let shown = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (Bun.stringWidth(shown + segment) > width - 1) break;
    shown += segment;
  }
  return `${shown}…`;
}

/** Narrows the widest column until the row fits, but none below a few characters. */
function fit(widths: number[], available: number): void {
  const narrowest = 8;
  while (widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) > available) {
    const widest = widths.indexOf(Math.max(...widths));
    const width = widths[widest] ?? 0;
    if (width <= narrowest) return;
    widths[widest] = width - 1;
  }
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - Bun.stringWidth(text)));
}
