import type { Problem } from "./problems.ts";
import { isTable, type KeyPath, type Table } from "./toml.ts";

/** A name of former times that is still read. */
export interface Alias {
  readonly old: KeyPath;
  readonly now: KeyPath;
}

/** A document with present names only, what was renamed in it, and a word about each. */
export interface Renamed {
  readonly document: Table;
  readonly renamed: readonly Alias[];
  readonly notes: readonly Problem[];
}

/** Replaces former names by present ones; when both are there the present one wins. */
export function withoutAliases(document: Table): Renamed {
  const user = rename(document, "user", "operator", []);
  if (!isTable(user.document.paths)) return user;
  const folder = rename(user.document.paths, "code_workspaces", "vscode_workspaces", ["paths"]);
  return {
    document: { ...user.document, paths: folder.document },
    renamed: [...user.renamed, ...folder.renamed],
    notes: [...user.notes, ...folder.notes],
  };
}

/** A path as the operator wrote it: below the former name where that was used. */
export function asWritten(path: KeyPath, renamed: readonly Alias[]): KeyPath {
  const alias = renamed.find(({ now }) => now.every((key, index) => path[index] === key));
  return alias ? [...alias.old, ...path.slice(alias.now.length)] : path;
}

function rename(table: Table, old: string, now: string, where: KeyPath): Renamed {
  if (!Object.hasOwn(table, old)) return { document: table, renamed: [], notes: [] };
  const { [old]: value, ...rest } = table;
  const path = [...where, old];
  if (Object.hasOwn(table, now))
    return { document: rest, renamed: [], notes: [{ path, message: `is ignored beside ${now}` }] };
  return {
    document: { ...rest, [now]: value },
    renamed: [{ old: path, now: [...where, now] }],
    notes: [{ path, message: `is called ${now} now` }],
  };
}
