import type { FieldKind } from "./fields.ts";
import { configFile } from "./schema.ts";
import { type Field, fields } from "./tree.ts";

/** Every setting of config.toml in the order of the schema; documentation is made from it. */
export function settings(): readonly Field[] {
  return fields(configFile);
}

/** The paths of all settings that take any text without NUL (on a machine, after a "/"; a name of one's own, as `<name>`). */
export function textFields(): readonly string[] {
  const free: readonly FieldKind[] = ["text", "path", "remote path"];
  return settings().flatMap((field) => (free.includes(field.kind) ? [field.path] : []));
}
