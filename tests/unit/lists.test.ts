import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { COMMANDS } from "../../cli/commands.ts";
import { openState } from "../../cli/state/state.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { agent, machine, session, workspace } from "./state/fixture.ts";

let operator: Operator;

beforeAll(async () => {
  operator = await operatorOf(undefined);
  const state = openState(join(operator.home, "agentworks.db"));
  state.machines.insert(machine("dev"));
  state.workspaces.insert(workspace("site", "dev"));
  state.agents.insert(agent("claude", "dev"));
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.close();
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

const lists = await Promise.all(COMMANDS.filter(({ name }) => name.endsWith(" list")).map((entry) => entry.load()));
const filters = lists.flatMap(({ name, flags }) =>
  Object.entries(flags).flatMap(([flag, { value }]) => (value === undefined ? [] : [{ name, flag }])),
);

describe("a filter", () => {
  test("is there for every list", () => {
    expect(new Set(filters.map(({ name }) => name)).size).toBe(lists.length);
  });

  for (const { name, flag } of filters) {
    test(`${name} --${flag} that names what is not there is an error`, async () => {
      for (const value of ["nobody", "", "DEV", "dev.", "*"]) {
        const { code, stdout, stderr } = await operator.run([...name.split(" "), `--${flag}=${value}`]);
        expect([value, code > 0 && code < 3, stdout]).toEqual([value, true, ""]);
        expect(stderr).toStartWith("Error: ");
      }
    });
  }

  test("with a comma is or, given twice is or as well, and with another flag is and", async () => {
    const names = (...flags: string[]) => operator.run(["session", "list", "--names-only", ...flags]);
    expect((await names("--vm", "dev,dev")).stdout).toBe("fix\n");
    expect((await names("--vm", "dev", "--agent", "claude")).stdout).toBe("fix\n");
    expect((await names("--vm", "dev,nobody")).code).toBe(1);
  });
});
