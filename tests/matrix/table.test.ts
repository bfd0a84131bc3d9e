import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { COMMANDS } from "../../cli/commands.ts";
import { ROWS } from "./rows.ts";

describe("the matrix", () => {
  test("has one row for every command", () => {
    expect(ROWS.map((row) => row.command).sort()).toEqual(COMMANDS.map((entry) => entry.name).sort());
  });

  for (const row of ROWS) {
    test(`${row.command}: what its row says fits the command`, async () => {
      const entry = COMMANDS.find(({ name }) => name === row.command);
      const definition = await entry?.load();
      expect(row.data === null).toBe(definition?.kind === "interactive");
      const named = row.missing.map((missing) => missing.named);
      for (const { name } of definition?.args ?? []) expect(named).toContain(name.toUpperCase());
      if (row.data !== null) expect(optionalIn(z.toJSONSchema(row.data))).toEqual([]);
    });
  }
});

/** The fields of a JSON schema that may be missing, or objects that may hold more than it says. */
function optionalIn(schema: unknown, path = "data"): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  const { properties = {}, required = [], additionalProperties } = schema as z.core.JSONSchema.ObjectSchema;
  const own = Object.keys(properties).filter((key) => !required.includes(key));
  const open = Object.keys(properties).length > 0 && additionalProperties !== false ? [`${path} is open`] : [];
  const below = Object.entries(schema).flatMap(([key, value]) => optionalIn(value, `${path}.${key}`));
  return [...own.map((key) => `${path}.${key}`), ...open, ...below];
}
