import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readCase, runCase } from "../golden/case.ts";
import { nextProblem } from "../golden/next.ts";
import { executable } from "./executable.ts";

const ERRORS = join(import.meta.dir, "..", "golden", "errors");
const root = mkdtempSync(join(tmpdir(), "agw-errors-"));
afterAll(() => rmSync(root, { recursive: true }));

describe("errors that need no machine", () => {
  for (const file of [...new Bun.Glob("*.toml").scanSync(ERRORS)].sort()) {
    test(basename(file, ".toml"), async () => {
      const path = join(ERRORS, file);
      const { exit, stderr, leaves } = readCase(path);
      const home = mkdtempSync(join(root, "home-"));
      const outcome = await runCase(path, { executable: executable(), home, placeholders: {} });
      expect(outcome).toEqual({ exit, stderr, stdout: "", leaves });
      expect(await nextProblem(stderr)).toBeUndefined();
    });
  }
});

describe("a Next: line", () => {
  const good = [
    "agentworks vm list",
    "agentworks vm create --help",
    "agentworks --help",
    "agentworks vm --help",
    "edit /etc/x",
    "run agentworks vm create dev again with --host HOST",
  ];
  const bad = ["agentworks vm", "agentworks vm frob", "agentworks vm list --frob", "nothing", ""];
  for (const next of good) {
    test(`may be: ${next}`, async () => expect(await nextProblem(`Error: x\nNext: ${next}\n`)).toBeUndefined());
  }
  for (const next of bad) {
    test(`may not be: ${next}`, async () => expect(await nextProblem(`Error: x\nNext: ${next}\n`)).toBeString());
  }
});
