import { describe, expect, test } from "bun:test";
import type { z } from "zod";
import {
  adminUserName,
  agentName,
  consoleName,
  LONGEST_NAME,
  plainText,
  sessionName,
  vmHostName,
  vmName,
  workspaceName,
} from "../../../cli/config/names.ts";

const schemas = {
  vm: vmName,
  "VM host": vmHostName,
  agent: agentName,
  workspace: workspaceName,
  session: sessionName,
  console: consoleName,
} as const;
const problem = (schema: z.ZodType, value: unknown): string | undefined =>
  schema.safeParse(value).error?.issues[0]?.message;

describe("names of all kinds", () => {
  test("may be of letters, digits, - and _", () => {
    for (const name of ["a", "7", "007", "1_10", "my-vm", "a-_b", "x0"]) {
      for (const schema of Object.values(schemas)) expect(schema.parse(name)).toBe(name);
    }
  });

  test("may not be anything else, a line end included", () => {
    const wrong = [
      "A",
      "-a",
      "a-",
      "_a",
      "a_",
      "a.b",
      "a b",
      "é",
      "ａ",
      "a/b",
      "a\n",
      "\na",
      "a\nb",
      "a\r",
      "a\u2028",
      "$(id)",
      "*",
      " a",
      "a\u0000",
    ];
    for (const name of wrong) {
      for (const schema of Object.values(schemas))
        expect([name, schema.safeParse(name).success]).toEqual([name, false]);
    }
  });

  test("may be as long as what they become allows", () => {
    for (const [kind, schema] of Object.entries(schemas)) {
      const longest = LONGEST_NAME[kind as keyof typeof schemas];
      expect(schema.safeParse("a".repeat(longest)).success).toBe(true);
      expect(problem(schema, "a".repeat(longest + 1))).toEndWith(
        `it has ${longest + 1} characters, the limit is ${longest}`,
      );
    }
    expect([LONGEST_NAME.agent + "agt-".length, LONGEST_NAME.workspace + "ws-".length]).toEqual([32, 32]);
  });

  test("are refused in clear words", () => {
    expect(problem(vmName, "")).toBe("the vm name is empty");
    expect(problem(vmName, undefined)).toBe("a vm needs a name");
    expect(problem(agentName, "a\n")).toBe(
      'invalid agent name "a\\n": use a-z, 0-9, "-" and "_", with a letter or digit first and last',
    );
    expect(problem(workspaceName, "a--b")).toBe('invalid workspace name "a--b": "--" is not allowed');
    expect(problem(sessionName, "a\0")).toBe("the session name must not contain a NUL character");
    expect(problem(vmName, "x ".repeat(4096))?.length).toBeLessThan(200);
  });
});

test("an admin has a Linux user name that is not root's, an agent's or a workspace's", () => {
  for (const name of ["agentworks", "_a", "a-b_9", "agt", "a".repeat(32)]) expect(adminUserName.parse(name)).toBe(name);
  for (const name of ["", "root", "agt-x", "ws-x", "9a", "-a", "A", "a\n", "a b", "a".repeat(33), "a\0"]) {
    expect([name, adminUserName.safeParse(name).success]).toEqual([name, false]);
  }
});

test("text is anything but NUL", () => {
  expect(plainText.parse("$(id)\n`x` 'é' \"")).toBe("$(id)\n`x` 'é' \"");
  expect(problem(plainText, "a\0b")).toBe("must not contain a NUL character");
});
