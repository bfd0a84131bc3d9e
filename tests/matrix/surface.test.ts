import { describe, expect, test } from "bun:test";
import type { Flag } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { GLOBAL_FLAGS } from "../../cli/globals.ts";
import { readInput } from "../../cli/input.ts";
import { locate } from "../../cli/locate.ts";
import { run } from "../../cli/main.ts";
import { camelCase, parse } from "../../cli/parse.ts";
import { testWorld } from "../unit/cli/world.ts";

const NAMES = COMMANDS.map((entry) => entry.name);
const DEFINITIONS = await Promise.all(COMMANDS.map((entry) => entry.load()));
const NOBODY = { interactive: false, text: async () => "" };

/** Runs a command line that ends before it touches anything. */
async function said(argv: readonly string[]) {
  const { world, stdout, stderr } = testWorld(DEFINITIONS);
  const code = await run(argv, world);
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

/** The words of an example as a shell would split them, up to a pipe or a redirection. */
function wordsOf(example: string): string[] {
  const words = [...example.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
  const end = words.findIndex((word) => word === "|" || word === "<" || word === ">");
  return words.slice(1, end === -1 ? undefined : end);
}

for (const definition of DEFINITIONS) {
  const { name, args, flags, examples, kind } = definition;
  const words = name.split(" ");
  const typed: Readonly<Record<string, Flag>> = { ...flags, ...GLOBAL_FLAGS };

  describe(name, () => {
    test("its help shows every argument, flag and example", async () => {
      const { code, stdout, stderr } = await said([...words, "--help"]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      for (const arg of args) expect(stdout).toContain(arg.name.toUpperCase());
      for (const [flag, { description, value }] of Object.entries(typed)) {
        const line = stdout.split("\n").find((text) => text.includes(` --${flag}${value ? ` ${value}` : ""} `));
        expect(line).toContain(description);
      }
      for (const example of examples) expect(stdout).toContain(`\n  ${example}`);
      expect(stdout).not.toContain("undefined");
    });

    test.each(examples.map((example) => [example]))("%s is a command line of its own", async (example) => {
      const request = locate(wordsOf(example), NAMES);
      if (request.kind !== "command") throw new Error(`${example} names no command`);
      expect(request.name).toBe(name);
      expect(await readInput(definition, parse(definition, request.words), NOBODY)).toBeObject();
    });

    test("each flag of it and of the program stands where it likes", () => {
      const named = args.map(() => "word");
      const foreign = args.some((arg) => arg.rest === true);
      for (const [flag, { value }] of Object.entries(typed)) {
        const spelled = value === undefined ? `--${flag}` : `--${flag}=it`;
        const before = parse(definition, [spelled, ...named]);
        expect(before).toMatchObject({ [camelCase(flag)]: expect.anything() });
        // What follows a program's own words is the program's.
        if (!foreign) expect(parse(definition, [...named, spelled])).toEqual(before);
        expect(Object.keys(before)).toHaveLength(named.length + 1);
      }
    });

    test("a mistyped flag names the nearest one", async () => {
      for (const flag of Object.keys(typed)) {
        const wrong = `--${flag.slice(0, 2)}${flag.charAt(1)}${flag.slice(2)}`;
        const { code, stdout, stderr } = await said([...words, wrong]);
        expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
        expect(stderr).toStartWith(`Error: unknown flag ${wrong}, did you mean --${flag}?\n`);
        expect(stderr).toEndWith(`Next: agentworks ${name} --help\n`);
      }
    });

    const refused = [
      ...(kind === "change" ? [] : [["--dry-run", "changes nothing"]]),
      ...(kind === "interactive" ? [["--json", "takes the terminal"]] : []),
    ];
    test.each(refused)("%s is refused: it %s", async (flag = "", why = "") => {
      const { code, stdout, stderr } = await said([...words, flag]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toStartWith(`Error: ${name} ${why}: ${flag} does not apply\n`);
    });
  });
}
