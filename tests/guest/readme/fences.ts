/** A fenced block of a Markdown file. */
export interface Fence {
  /** Where its text begins, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

/** A command of a fenced block, as it is written. */
export interface Line {
  readonly line: number;
  readonly written: string;
  /** The same without the comment behind it. */
  readonly command: string;
}

/** The fenced blocks of a Markdown file, in order. */
export function fencesOf(markdown: string): readonly Fence[] {
  const lines = markdown.split("\n");
  const fences: Fence[] = [];
  for (let at = 0; at < lines.length; at++) {
    const language = /^ {0,3}```\s*(\S*)/.exec(lines[at] ?? "")?.[1];
    if (language === undefined) continue;
    const end = lines.findIndex((line, index) => index > at && /^ {0,3}```\s*$/.test(line));
    if (end === -1) throw new Error(`line ${at + 1}: a fenced block without an end`);
    fences.push({ line: at + 2, language, text: lines.slice(at + 1, end).join("\n") });
    at = end;
  }
  return fences;
}

/** The commands of a fenced block; one that ends with a backslash goes on in the next line. */
export function linesOf({ line, text }: Fence): readonly Line[] {
  const found: Line[] = [];
  let written = "";
  for (const [index, part] of text.split("\n").entries()) {
    written = written === "" ? part : `${written}\n${part}`;
    if (written.endsWith("\\")) continue;
    const command = written.replace(/\s+#\s.*$/, "").trim();
    if (command !== "" && !command.startsWith("#")) found.push({ line: line + index, written, command });
    written = "";
  }
  return found;
}
