import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { COMMANDS } from "../../../cli/commands.ts";
import { GLOBAL_FLAGS } from "../../../cli/globals.ts";
import { camelCase } from "../../../cli/parse.ts";

describe("the table of commands", () => {
  test("names each once", () => {
    const names = COMMANDS.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);
  });

  for (const entry of COMMANDS) {
    test(entry.name, async () => {
      const { name, summary, args, flags, input, examples } = await entry.load();
      expect(name).toBe(entry.name);
      expect(summary).toMatch(/^[A-Z].*[^.]$/);

      const typed = [...args.map((arg) => arg.name), ...Object.keys(flags)];
      expect(typed.filter((word) => word in GLOBAL_FLAGS)).toEqual([]);
      expect(new Set(typed).size).toBe(typed.length);
      expect(args.slice(0, -1).filter((arg) => arg.rest)).toEqual([]);
      expect([...args, ...Object.values(flags)].filter(({ description }) => description === "")).toEqual([]);

      expect(input).toBeInstanceOf(z.ZodObject);
      const keys = Object.keys((input as z.ZodObject).shape);
      expect(keys.sort()).toEqual(typed.map(camelCase).sort());

      expect(examples.length).toBeGreaterThan(0);
      for (const example of examples) expect(example).toStartWith(`agentworks ${name}`);
    });
  }
});
