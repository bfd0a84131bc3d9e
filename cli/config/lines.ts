import { parse } from "smol-toml";
import type { KeyPath } from "./toml.ts";

const BLANK = /(?:[ \t\r\n]|#[^\n]*)*/y;
const SPACE = /[ \t]*/y;
const KEY = /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+/y;
// A multi-line string may end with up to two quotes of its own before the closing three.
const STRING = /"""(?:[^\\]|\\[\s\S])*?""""{0,2}|'''[\s\S]*?''''{0,2}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'/y;
const CLOSING = /\]+/y;
const SCALAR = /[^,\]}#\r\n]+/y;

/**
 * The line of each key and list element of a document that parses. The parser gives positions of syntax errors alone, so
 * this reads the text a second time; it relies on the text being valid and only follows its structure.
 */
export function keyLines(text: string): (path: KeyPath) => number | undefined {
  const { take, takes, line, done } = cursor(text);
  const lines = new Map<string, number>();
  const elements = new Map<string, number>();

  const record = (path: KeyPath): void => {
    for (let length = 1; length <= path.length; length++) {
      const id = JSON.stringify(path.slice(0, length));
      if (!lines.has(id)) lines.set(id, line());
    }
  };
  const key = (): string[] => {
    take(SPACE);
    const parts = [keyText(take(KEY))];
    take(SPACE);
    return takes(".") ? [...parts, ...key()] : parts;
  };
  const pair = (table: KeyPath): void => {
    const path = [...table, ...key()];
    takes("=");
    take(SPACE);
    value(path);
  };
  const sequence = (close: string, element: (index: number) => void): void => {
    for (let index = 0; ; index++) {
      take(BLANK);
      if (takes(close) || done()) return;
      element(index);
      take(BLANK);
      takes(",");
    }
  };
  const value = (path: KeyPath): void => {
    record(path);
    if (takes("[")) sequence("]", (index) => value([...path, index]));
    else if (takes("{")) sequence("}", () => pair(path));
    else if (take(STRING) === "") take(SCALAR);
  };
  // [a.b] after [[a]] is about the last element of a.
  const inElements = (keys: readonly string[]): KeyPath => {
    const path: (string | number)[] = [];
    for (const part of keys) {
      path.push(part);
      const last = elements.get(JSON.stringify(path));
      if (last !== undefined) path.push(last);
    }
    return path;
  };
  const element = (keys: readonly string[]): KeyPath => {
    const list = [...inElements(keys.slice(0, -1)), ...keys.slice(-1)];
    const index = (elements.get(JSON.stringify(list)) ?? -1) + 1;
    elements.set(JSON.stringify(list), index);
    return [...list, index];
  };
  const header = (): KeyPath => {
    const path = takes("[[") ? element(key()) : takes("[") ? inElements(key()) : [];
    record(path);
    take(CLOSING);
    return path;
  };

  let table: KeyPath = [];
  for (take(BLANK); !done(); take(BLANK)) {
    if (takes("[", false)) table = header();
    else pair(table);
  }
  return (path) => lookUp(lines, path);
}

/** A place in a text that only moves forward, and the line it is on. */
function cursor(text: string) {
  let offset = 0;
  let line = 1;
  return {
    /** What the sticky pattern matches here, passed over. */
    take: (pattern: RegExp): string => {
      pattern.lastIndex = offset;
      const found = pattern.exec(text)?.[0] ?? "";
      offset += found.length;
      line += found.split("\n").length - 1;
      return found;
    },
    /** Whether the text goes on with these characters; they are passed over unless `move` is false. */
    takes: (characters: string, move = true): boolean => {
      if (!text.startsWith(characters, offset)) return false;
      if (move) offset += characters.length;
      return true;
    },
    line: () => line,
    done: () => offset >= text.length,
  };
}

/** The line of the path, else of the nearest thing around it: a missing key is reported at its table. */
function lookUp(lines: ReadonlyMap<string, number>, path: KeyPath): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const found = lines.get(JSON.stringify(path.slice(0, length)));
    if (found !== undefined) return found;
  }
  return undefined;
}

function keyText(written: string): string {
  return /^["']/.test(written) ? String(parse(`key = ${written}`).key) : written;
}
