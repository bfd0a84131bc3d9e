import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { z } from "zod";
import type { Command } from "../../cli/command.ts";
import { COMMANDS } from "../../cli/commands.ts";
import { run } from "../../cli/main.ts";
import { camelCase } from "../../cli/parse.ts";
import { open } from "../../cli/services.ts";
import { openState } from "../../cli/state/state.ts";
import { printable } from "../../cli/ui/printable.ts";
import { quote } from "../../steps/render.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { testWorld } from "./cli/world.ts";
import { hostileStrings } from "./engine/hostile.ts";
import { agent, machine, session, workspace } from "./state/fixture.ts";

/**
 * Every text that a command takes, found in the zod objects, gets hostile strings. What goes to a machine goes through a dry run
 * here, whose script holds it quoted, and over ssh in tests/guest/hostile. Everything else names something, and is refused.
 */
const STRINGS = hostileStrings(1000);
const EACH = 100;

/** A text field of a command, and the command line that is complete without it. */
interface Field {
  readonly command: Command;
  readonly key: string;
  readonly words: (value: string) => readonly string[];
}

/** What a command line needs besides the field: these exist. */
const GIVEN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "vm create": { name: "new", host: "192.0.2.1" },
  "vm exec": { name: "dev", command: "true" },
  "workspace create": { name: "new", vm: "dev", repo: "/srv/x" },
  "agent create": { name: "new", vm: "dev" },
  "session create": { name: "new", workspace: "site", agent: "claude" },
};
const EXISTING: Readonly<Record<string, string>> = { vm: "dev", workspace: "site", agent: "claude", session: "fix" };

/** What a machine gets as it is. */
const FREE: readonly string[] = ["workspace create: repo", "workspace create: branch", "session create: command"];
/** What a machine gets as it is, by a command that has no dry run. */
const ELSEWHERE: readonly string[] = ["vm exec: command"];

const commands = await Promise.all(COMMANDS.map((entry) => entry.load()));
const fields = commands.flatMap(textFields);
const titled = (field: Field) => `${field.command.name}: ${field.key}`;

function textFields(command: Command): readonly Field[] {
  const shape = (command.input as z.ZodObject).shape;
  const given = GIVEN[command.name] ?? { name: EXISTING[command.name.split(" ")[0] ?? ""] ?? "" };
  const named = command.args.map(({ name }) => ({ name, key: camelCase(name), argument: true }));
  const flagged = Object.entries(command.flags).flatMap(([name, { value }]) =>
    value === undefined ? [] : [{ name, key: camelCase(name), argument: false }],
  );
  return [...named, ...flagged].map(({ name, key, argument }) => {
    expect(shape).toHaveProperty(key);
    const others = Object.entries(given).filter(([other]) => other !== key);
    const flags = others.flatMap(([other, value]) => (other in command.flags ? [`--${other}=${value}`] : []));
    const typed = (value: string) =>
      command.args.flatMap((arg) => (arg.name === name ? [value] : [given[arg.name] ?? []].flat()));
    return {
      command,
      key,
      words: (value) => [
        ...command.name.split(" "),
        ...flags,
        ...(argument ? [] : [`--${name}=${value}`]),
        "--",
        ...typed(value),
      ],
    };
  });
}

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  const state = openState(join(operator.home, "agentworks.db"));
  state.machines.insert({ ...machine("dev"), adopted: true, provisioning: "complete", init: "complete" });
  state.workspaces.insert(workspace("site", "dev"));
  state.workspaces.setLifecycle("site", "ready");
  state.agents.insert(agent("claude", "dev"));
  state.agents.update("claude", { lifecycle: "ready", uid: 20_000 });
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.close();
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

async function runInProcess({ command, words }: Field, value: string) {
  const { world, stdout, stderr } = testWorld([], {
    env: operator.env,
    commands: COMMANDS,
    open: async (place) => open(place),
  });
  const dry = command.kind === "change" ? ["--dry-run", "--json"] : [];
  const code = await run([...dry, ...words(value)], world);
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}

describe("hostile strings", () => {
  test("are tried on every command that takes a text, and on each of its texts", () => {
    const titles = fields.map(titled);
    for (const free of [...FREE, ...ELSEWHERE]) expect(titles).toContain(free);
    expect(titles.length * EACH).toBeGreaterThan(STRINGS.length);
  });

  for (const [place, field] of fields.entries()) {
    const title = titled(field);
    if (ELSEWHERE.includes(title)) continue;
    const strings = Array.from({ length: EACH }, (_, index) => STRINGS[(place * EACH + index) % STRINGS.length] ?? "");

    test(`as ${title} ${FREE.includes(title) ? "stand in the script as they are" : "are refused, or do nothing"}`, async () => {
      for (const value of strings) {
        const { code, stdout, stderr } = await runInProcess(field, value);
        expect(stderr).not.toContain("unexpected:");
        expect(printable(stderr)).toBe(stderr);
        expect(printable(stdout)).toBe(stdout);
        if (!FREE.includes(title)) {
          expect([0, 1, 2]).toContain(code);
          continue;
        }
        expect([value, code, stderr]).toEqual([value, 0, stderr]);
        const { data } = JSON.parse(stdout) as { data: { scripts: readonly { text: string }[] } };
        expect(data.scripts[0]?.text).toContain(value === "" ? "''" : quote(value));
      }
    });
  }
});

describe("a NUL", () => {
  for (const field of fields) {
    test(`as ${titled(field)} is refused by the field's name`, async () => {
      const { code, stdout, stderr } = await runInProcess(field, "a\0b");
      const flag = Object.keys(field.command.flags).find((name) => camelCase(name) === field.key);
      expect(stderr).toContain(
        `${flag === undefined ? field.key.toUpperCase() : `--${flag}`}: must not contain a NUL character`,
      );
      expect([code, stdout]).toEqual([2, ""]);
    });
  }
});
