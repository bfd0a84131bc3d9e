import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const ROOT = join(import.meta.dir, "..", "..");

/** For each folder, the folders it may import from besides itself. `cli` alone means the files directly in it. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  build: ["providers"],
  steps: [],
  catalog: ["steps"],
  providers: ["steps"],
  "cli/config": ["cli", "catalog", "steps", "providers"],
  "cli/state": ["cli", "steps"],
  "cli/ui": ["cli", "steps"],
  "cli/workstation": ["cli", "cli/ui", "steps", "providers"],
  "cli/plan": ["cli", "cli/config", "cli/state", "catalog", "steps", "providers"],
  "cli/run": ["cli", "cli/config", "cli/state", "cli/ui", "cli/workstation", "steps", "providers"],
};
const BELOW_OPERATIONS = [...Object.keys(MAY_IMPORT).filter((folder) => folder !== "build"), "cli"];

/** The program's own files that name what lies above them: its entry, its table of contents, its contracts. */
const ABOVE = ["cli/main.ts", "cli/commands.ts", "cli/services.ts", "cli/context.ts"];

function sources(): readonly string[] {
  const files = ["build", "cli", "steps", "catalog", "providers"].flatMap((folder) => [
    ...new Bun.Glob(`${folder}/**/*.{ts,sh}`).scanSync(ROOT),
  ]);
  return [...files, "build.ts"].sort();
}

const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

function folder(file: string): string {
  const [top = "", sub] = file.split("/");
  return top === "cli" && file.split("/").length > 2 ? `cli/${sub}` : top;
}

/** The repository's files that a file imports, types too. */
function imports(file: string): readonly string[] {
  const found = [...text(file).matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path = ""]) => path);
  return found.map((path) => normalize(join(dirname(file), path)));
}

function allowed(from: string): readonly string[] | undefined {
  if (from === "cli/operations") return BELOW_OPERATIONS;
  if (from === "cli/commands") return [...BELOW_OPERATIONS, "cli/operations"];
  if (from === "cli") return ["cli/ui", "cli/config", "steps"];
  return MAY_IMPORT[from];
}

describe("the source", () => {
  test("imports one way", () => {
    const wrong = sources()
      .filter((file) => file.endsWith(".ts") && file !== "build.ts" && !ABOVE.includes(file))
      .flatMap((file) => {
        const from = folder(file);
        const may = allowed(from);
        if (may === undefined) return [`${file}: a folder that has no place in the order`];
        return imports(file)
          .filter((target) => folder(target) !== from && !may.includes(folder(target)))
          .map((target) => `${file} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  test("has no file over 400 lines", () => {
    const long = sources().filter((file) => text(file).split("\n").length > 400);
    expect(long).toEqual([]);
  });

  test("ends the process in main.ts alone", () => {
    const ending = sources().filter((file) => /\bprocess\.exit\b|\bprocess\.exitCode\b/.test(text(file)));
    expect(ending.filter((file) => file !== "build.ts")).toEqual(["cli/main.ts"]);
  });

  test("starts other programs in three places", () => {
    const starting = sources().filter((file) =>
      /\bBun\.spawn|\bBun\.\$|["'](node:)?child_process["']/.test(text(file)),
    );
    expect(starting).toEqual(["cli/ui/hand-streams.ts", "cli/ui/interactive.ts", "providers/exec.ts"]);
  });

  test("asks and colours in one place", () => {
    const asking = sources().filter((file) => text(file).includes('"@clack/prompts"'));
    expect(asking).toEqual(["cli/ui/prompts.ts"]);
    const printing = sources().filter((file) => /\bconsole\.(log|error|warn|info)\b/.test(text(file)));
    expect(printing).toEqual(["build.ts"]);
  });

  test("names every file with its extension and every export by name", () => {
    const wrong = sources().filter(
      (file) => /from "\.[^"]*\/[^"./]+"/.test(text(file)) || /^export default/m.test(text(file)),
    );
    expect(wrong.filter((file) => !file.endsWith(".d.ts"))).toEqual([]);
  });
});
