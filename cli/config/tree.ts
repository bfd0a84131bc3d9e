import { z } from "zod";
import type { FieldKind } from "./fields.ts";
import { type KeyPath, valueAt } from "./toml.ts";

/** One setting of config.toml. In `path`, `*` is any name, `[]` any element, and a last `<name>` the name itself. */
export interface Field {
  readonly path: string;
  readonly kind: FieldKind;
  readonly description: string;
  readonly default?: unknown;
  /** Why it loads but does nothing. */
  readonly withoutEffect?: string;
}

/** Every setting of a schema, in its order; see settings.ts. */
export function fields(schema: z.core.$ZodType): readonly Field[] {
  return leaves(schema, "");
}

/** The keys that a schema knows at a path of a document. */
export function keysAt(schema: z.core.$ZodType, path: KeyPath): readonly string[] {
  const found = path.reduce<z.core.$ZodType | undefined>((node, key) => node && child(node, key), schema);
  const node = found && bare(found);
  const forms = node instanceof z.ZodUnion ? node.options : [node];
  return forms.flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
}

/** The settings of a document that do nothing, and why. */
export function settingsWithoutEffect(
  schema: z.core.$ZodType,
  document: unknown,
  path: KeyPath = [],
): readonly (readonly [KeyPath, string])[] {
  const value = valueAt(document, path);
  if (value === undefined) return [];
  const why = metadata(schema).withoutEffect;
  if (typeof why === "string") return [[path, why]];
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.keys(value).flatMap((key) => {
    const next = child(schema, key);
    return next ? settingsWithoutEffect(next, document, [...path, key]) : [];
  });
}

function leaves(schema: z.core.$ZodType, path: string): readonly Field[] {
  const node = bare(schema);
  const below = (name: string) => (path === "" ? name : `${path}.${name}`);
  if (node instanceof z.ZodObject)
    return Object.entries(node.shape).flatMap(([key, value]) => leaves(value, below(key)));
  if (node instanceof z.ZodRecord)
    return [...leaves(node.keyType, below("<name>")), ...leaves(node.valueType, below("*"))];
  if (node instanceof z.ZodUnion) return node.options.flatMap((option) => leaves(option, path));
  const found = node instanceof z.ZodArray ? { ...metadata(node.element), ...metadata(schema) } : metadata(schema);
  const { kind, description = "", ...rest } = found;
  const where = node instanceof z.ZodArray ? `${path}[]` : path;
  return [
    { path: where, kind: kind as FieldKind, description, ...pick(rest, "default"), ...pick(rest, "withoutEffect") },
  ];
}

function child(schema: z.core.$ZodType, key: string | number): z.core.$ZodType | undefined {
  const node = bare(schema);
  if (node instanceof z.ZodObject) return Object.hasOwn(node.shape, key) ? node.shape[key] : undefined;
  if (node instanceof z.ZodRecord) return node.valueType;
  return node instanceof z.ZodArray ? node.element : undefined;
}

/** The schema without what only says that a value may be missing. */
function bare(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return bare(schema.unwrap());
  return schema;
}

function metadata(schema: z.core.$ZodType): z.core.GlobalMeta {
  const own = schema instanceof z.ZodType ? schema.meta() : undefined;
  if (schema instanceof z.ZodDefault) return { ...metadata(schema.unwrap()), ...own, default: schema.def.defaultValue };
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault)
    return { ...metadata(schema.unwrap()), ...own };
  return { ...own };
}

function pick<Key extends string>(from: Readonly<Record<string, unknown>>, key: Key) {
  return key in from ? ({ [key]: from[key] } as { readonly [K in Key]: never }) : {};
}
