import { parse, TomlError } from "smol-toml";

/** Where a value stands in a document: keys, and indexes in lists. */
export type KeyPath = readonly (string | number)[];

export type Table = Readonly<Record<string, unknown>>;

export type Parsed =
  | { readonly document: Table }
  | { readonly line: number; readonly column: number; readonly problem: string };

/** The values of a TOML document, or where and why it is not one. */
export function parseToml(text: string): Parsed {
  try {
    return { document: parse(text) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [problem = ""] = error.message.replace(/^Invalid TOML document: /, "").split("\n");
    return { line: error.line, column: error.column, problem };
  }
}

/** The value at a path, if there is one. Only what the document itself holds counts. */
export function valueAt(document: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined,
    document,
  );
}

/** Whether a value is a table (neither a list nor a date). */
export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A path as one types it: `vm_templates."my vm".apt[2]`. */
export function showPath(path: KeyPath): string {
  return path
    .map((key) =>
      typeof key === "number" ? `[${key}]` : /^[A-Za-z0-9_-]+$/.test(key) ? `.${key}` : `.${JSON.stringify(key)}`,
    )
    .join("")
    .replace(/^\./, "");
}
