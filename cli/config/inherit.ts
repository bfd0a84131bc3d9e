import type { z } from "zod";
import { type CamelKeys, camelKeys } from "./camel.ts";
import { isTable, type Table } from "./toml.ts";

/** The name of the template that is used when none is given; it need not be written. */
export const DEFAULT_TEMPLATE = "default";

// A plugin manifest list is a whole of its own.
const REPLACED = new Set(["nerf_addl_manifests"]);

/** Every template of one kind, parents merged in and what nobody set filled in from the schema. `default` is always there. */
export function resolveTemplates<S extends z.ZodObject>(schema: S, written: Readonly<Record<string, Table>>) {
  type Template = CamelKeys<z.output<S>> & { readonly name: string };
  const names = Object.hasOwn(written, DEFAULT_TEMPLATE)
    ? Object.keys(written)
    : [...Object.keys(written), DEFAULT_TEMPLATE];
  return new Map<string, Template>(
    names.map((name) => {
      const layers = lineage(name, (template) => parentsOf(written, template)).flatMap((template) =>
        tableOf(written, template),
      );
      return [name, { ...camelKeys(schema.parse(mergeLayers(layers))), name }];
    }),
  );
}

/**
 * A template after all that it inherits from: parents from left to right, each once, and always after its own ancestors,
 * so that what a parent sets is never undone by what the parent itself started from.
 */
export function lineage(name: string, parents: (name: string) => readonly string[]): readonly string[] {
  const seen = new Set<string>();
  const visit = (template: string): readonly string[] => {
    if (seen.has(template)) return [];
    seen.add(template);
    return [...parents(template).flatMap(visit), template];
  };
  return visit(name);
}

/** The parents that a template names. */
export function parentsOf(written: unknown, name: string): readonly string[] {
  return tableOf(written, name).flatMap(({ inherits }) =>
    Array.isArray(inherits) ? inherits.filter((parent) => typeof parent === "string") : [],
  );
}

/** One set of keys from several, later over earlier: lists grow (an empty one clears), maps merge, all else replaces. */
export function mergeLayers(layers: readonly Table[]): Table {
  const merged = new Map<string, unknown>();
  for (const layer of layers) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === "inherits" || value === undefined) continue;
      merged.set(key, REPLACED.has(key) ? value : combine(merged.get(key), value));
    }
  }
  return Object.fromEntries(merged);
}

function combine(inherited: unknown, own: unknown): unknown {
  if (Array.isArray(own)) {
    const before = Array.isArray(inherited) && own.length > 0 ? inherited : [];
    return [...new Set([...before, ...own])];
  }
  return isTable(own) && isTable(inherited) ? { ...inherited, ...own } : own;
}

function tableOf(written: unknown, name: string): readonly Table[] {
  if (!isTable(written) || !Object.hasOwn(written, name)) return [];
  const table = written[name];
  return isTable(table) ? [table] : [];
}
