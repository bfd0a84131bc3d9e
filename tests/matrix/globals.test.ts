import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { run } from "../../cli/main.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { testWorld } from "../unit/cli/world.ts";
import { filled, thingOf } from "./row.ts";
import { ROWS } from "./rows.ts";
import { pictureOf, seed } from "./seed.ts";

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  seed(operator.home);
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

describe("--names-only", () => {
  const names = { vm: ["dev", "lab", "made"], workspace: ["docs", "site"], agent: ["ada", "claude"], session: ["fix"] };

  test.each(Object.entries(names))("of %s is the names, one a line", async (noun, expected) => {
    const { code, stdout, stderr } = await operator.run([noun, "list", "--names-only"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${expected.join("\n")}\n`, stderr: "" });
  });

  test.each(Object.keys(names))("of no %s is nothing, and no file", async (noun) => {
    await using nobody = await operatorOf(undefined);
    const before = pictureOf(nobody.home);
    const { code, stdout, stderr } = await nobody.run([noun, "list", "--names-only"]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(pictureOf(nobody.home)).toEqual(before);
    expect(existsSync(join(nobody.home, "agentworks.db"))).toBe(false);
  });
});

test("--config FILE is another configuration, whose relative paths are relative to it", async () => {
  await using other = await operatorOf(undefined);
  const directory = join(operator.home, "elsewhere");
  mkdirSync(join(directory, "keys"), { recursive: true });
  copyFileSync(join(other.home, "..", "id_ed25519.pub"), join(directory, "keys", "own.pub"));
  writeFileSync(join(directory, "my.toml"), '[operator]\nssh_public_key = "keys/own.pub"\nssh_private_key = "none"\n');
  const key = readFileSync(join(directory, "keys", "own.pub"), "utf8").split(" ")[1] ?? "";
  const argv = ["agent", "create", "novel", "--vm", "dev", "--dry-run"];
  expect(await operator.ok(argv)).not.toContain(key);
  expect(await operator.ok(["--config", join(directory, "my.toml"), ...argv])).toContain(key);
  expect(await operator.ok([...argv, `--config=${join(directory, "my.toml")}`])).toContain(key);
});

test("NO_COLOR: what is red on a terminal is plain", async () => {
  const argv = ["vm", "describe", "nothing"];
  expect((await operator.onTerminal(argv, [])).shown).toContain("\x1b[31mError:\x1b[39m");
  const plain = await operator.with({ NO_COLOR: "1" }).onTerminal(argv, []);
  expect(plain.shown).toStartWith("Error: There is no machine 'nothing'");
  expect(plain.shown).not.toContain("\x1b");
});

describe("an error that nobody expected", () => {
  test.each([...ROWS])("in $command: one line, the traceback with --debug and AGW_DEBUG=1 alone", async (row) => {
    const values = { NAME: thingOf(row.command, "flags"), HOST: "h", HOST_KEY: "k" };
    const argv = [...row.command.split(" "), ...row.flags.map((word) => filled(word, values))];
    const log = join(operator.home, "logs", "error.log");
    const failing = async (words: readonly string[], env: Readonly<Record<string, string>>) => {
      const { world, stdout, stderr } = testWorld([], {
        commands: COMMANDS,
        env: { AGENTWORKS_HOME: operator.home, ...env },
        open: async () => {
          throw new RangeError("out of luck");
        },
      });
      return { code: await run(words, world), stdout: stdout.join(""), stderr: stderr.join("") };
    };
    const said = await failing(argv, {});
    expect(said).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: unexpected: RangeError: out of luck\nNext: see ${log}, or run again with --debug\n`,
    });
    expect(readFileSync(log, "utf8")).toContain(`${row.command}\nRangeError: out of luck\n    at `);
    for (const debugged of [await failing(["--debug", ...argv], {}), await failing(argv, { AGW_DEBUG: "1" })]) {
      expect(debugged).toMatchObject({ code: 1, stdout: "" });
      expect(debugged.stderr).toMatch(/^RangeError: out of luck\n {4}at [\s\S]*\nError: unexpected: /);
    }
  });
});
