import type { SqlValues } from "./connection.ts";

/** `platform_id AS platformId, …`: columns under the names the code uses. */
export function selecting(keys: readonly string[], table = ""): string {
  const prefix = table === "" ? "" : `${table}.`;
  return keys.map((key) => `${prefix}${column(key)} AS ${key}`).join(", ");
}

/** `(platform_id, …) VALUES ($platformId, …)` */
export function inserting(row: SqlValues): string {
  const keys = Object.keys(row);
  return `(${keys.map(column).join(", ")}) VALUES (${keys.map((key) => `$${key}`).join(", ")})`;
}

/** `platform_id = $platformId, …` */
export function assigning(row: SqlValues): string {
  return Object.keys(row)
    .map((key) => `${column(key)} = $${key}`)
    .join(", ");
}

/** A condition on a column that one parameter, made by `anyOf`, fills. */
export function isAnyOf(name: string, parameter: string): string {
  return `($${parameter} IS NULL OR ${name} IN (SELECT value FROM json_each($${parameter})))`;
}

/** What `isAnyOf` compares with; undefined lets every row through. */
export function anyOf(values: readonly string[] | undefined): string | null {
  return values === undefined ? null : JSON.stringify(values);
}

function column(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
