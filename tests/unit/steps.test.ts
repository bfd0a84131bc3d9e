import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "bun";
import { needsOf, phasesOf, render } from "../../steps/render.ts";
import { type Step, step } from "../../steps/step.ts";

setDefaultTimeout(60_000);
const directory = join(import.meta.dir, "../../steps");

interface File {
  readonly id: string;
  readonly text: string;
}

/** Every `.sh` that is a step: it applies something. */
const FILES: readonly File[] = [...new Glob("*/**/*.sh").scanSync(directory)]
  .map((path) => ({ id: path.replace(/\.sh$/, ""), text: readFileSync(join(directory, path), "utf8") }))
  .filter(({ text }) => phasesOf(text).includes("apply"))
  .sort((a, b) => a.id.localeCompare(b.id));

/** What bash, the engine or the login decides: a parameter of this name would be lost, or break bash. */
const RESERVED =
  /^(BASH.*|EPOCH\w+|E?UID|PPID|GROUPS|RANDOM|SECONDS|LINENO|PIPESTATUS|IFS|OPTARG|OPTIND|HOME|USER|LOGNAME|SHELL|LANG|LC_.*|TERM|PATH|PWD|OLDPWD|DEBIAN_FRONTEND)$/;

/** An argument that has every property, is every function, and reads as a word: enough to call any builder. */
function anything(): unknown {
  const target = Object.assign(() => anything(), {});
  return new Proxy(target, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive) return (hint: string) => (hint === "number" ? 1 : "anything");
      if (key === Symbol.iterator) return [][Symbol.iterator].bind([]);
      return key === "then" ? undefined : anything();
    },
    apply: () => anything(),
    ownKeys: () => [],
  });
}

/** The steps that the builders of all areas make. */
async function builtSteps(): Promise<readonly Step[]> {
  const built: Step[] = [];
  for (const path of [...new Glob("*/**/index.ts").scanSync(directory)].sort()) {
    const exported: Record<string, unknown> = await import(join(directory, path));
    for (const value of Object.values(exported)) {
      if (typeof value !== "function") continue;
      const made: unknown = value(...Array.from({ length: 6 }, anything));
      built.push(...([made].flat() as Step[]).filter((one) => typeof one === "object" && "values" in one));
    }
  }
  return built;
}

test("there are steps", () => {
  expect(FILES.length).toBeGreaterThan(20);
});

for (const { id, text } of FILES) {
  test(`${id}: a head that says what it is and needs, then functions alone`, () => {
    const [title, needs, ...rest] = text.split("\n");
    expect(title).toMatch(/^# \S.*\.$/);
    expect(needs).toMatch(/^# needs:(?: [A-Z][A-Z0-9_]*)*$/);
    const outside = rest.filter((line) => /^\S/.test(line) && !/^(#.*|[a-z_]+\(\) \{|\}( 2>\/dev\/null)?)$/.test(line));
    expect(outside).toEqual([]);
    expect(phasesOf(text)).toContain("apply");
  });

  test(`${id}: needs what it uses, and uses what it needs`, () => {
    const needs = needsOf(text);
    expect(needs.filter((name) => RESERVED.test(name))).toEqual([]);
    const code = text.replaceAll(/^\s*#.*$/gm, "");
    const own = [...code.matchAll(/(?:^|\s)([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1] ?? "");
    const parameters = (source: string) =>
      [...source.matchAll(/\$\{?[#!]?([A-Z][A-Z0-9_]*)/g)]
        .map((match) => match[1] ?? "")
        .filter((name) => !RESERVED.test(name) && !own.includes(name));
    expect(parameters(code)).toEqual(expect.arrayContaining([...needs]));
    // Within single quotes it may be another program's, sed's or awk's.
    const expanded = parameters(code.replaceAll(/'[^']*'/g, "''"));
    expect(expanded.filter((name) => !needs.includes(name))).toEqual([]);
  });

  test(`${id}: the renderer changes nothing in it`, () => {
    const values = Object.fromEntries(needsOf(text).map((name) => [name, ""]));
    const plan = { operation: "test", locks: [], exclusive: false, steps: [step(id, text, values, { name: id })] };
    const script = render(plan, "apply").text.replace(/\{\n {2}main "\$@"\n {2}exit\n\}\n$/, "");
    const names = [...text.matchAll(/^([a-z_]+)\(\) \{/gm)].map((match) => match[1] ?? "");
    const declared = (source: string) =>
      Bun.spawnSync(["bash", "-c", `${source}\ndeclare -f ${names.join(" ")}`]).stdout.toString();
    const raw = declared(text);
    expect(raw).toContain("apply ()");
    expect(declared(`${script}\nstep_${id.replaceAll(/[^a-z0-9]/g, "_")}`)).toBe(raw);
  });
}

test("every step's builder gives it exactly what it needs", async () => {
  const built = await builtSteps();
  const wrong = built
    .map(({ id, text, values }) => ({ id, needs: [...needsOf(text)].sort(), given: Object.keys(values).sort() }))
    .filter(({ needs, given }) => !Bun.deepEquals(needs, given));
  expect(wrong).toEqual([]);
  const texts = new Set(built.map(({ text }) => text));
  expect(FILES.filter(({ text }) => !texts.has(text)).map(({ id }) => id)).toEqual([]);
});

test("no two steps have the same function in a script", () => {
  const names = FILES.map(({ id }) => id.replaceAll(/[^a-z0-9]/g, "_"));
  expect(new Set(names).size).toBe(names.length);
});

test("shellcheck and shfmt have nothing to say about any shell file", () => {
  const paths = [...new Glob("**/*.sh").scanSync(directory)].map((path) => join(directory, path)).sort();
  const checked = Bun.spawnSync(["shellcheck", "-s", "bash", "-e", "SC2034,SC2154,SC2317,SC2329", ...paths]);
  expect(checked.stdout.toString()).toBe("");
  const formatted = Bun.spawnSync(["shfmt", "-ln", "bash", "-i", "2", "-ci", "-d", ...paths]);
  expect(formatted.stdout.toString()).toBe("");
});
