import { beforeAll, describe, expect, test } from "bun:test";
import { READS } from "./schemas.ts";
import { type Desk, desk, furnish } from "./world.ts";

/** A machine that answers: fix runs, try has ended, look is not told of; and a line that it has no business to say. */
const ANSWERING = `cat >/dev/null
printf '@session\\tfix\\trunning\\t-\\t5\\t1048576\\t2500\\n@session\\ttry\\texited\\t3\\t-\\t-\\t-\\n'
printf '@session\\tother\\trunning\\t-\\t5\\t-\\t-\\n@sessions\\tend\\n'
`;

let busy: Desk;
let off: Desk;
let empty: Desk;
beforeAll(() => {
  busy = desk({ ssh: ANSWERING });
  off = desk();
  empty = desk();
  busy.state(furnish);
  off.state(furnish);
});

describe("--json", () => {
  for (const [line, schema] of Object.entries(READS)) {
    test(line, async () => {
      const { code, stdout } = await busy.run(...line.split(" "), "--json");
      expect(code).toBe(0);
      const { schema: version, command, data } = JSON.parse(stdout);
      expect([version, command]).toEqual(["agentworks/v1", line.split(" ").slice(0, 2).join(".")]);
      expect(schema.parse(data)).toEqual(data);
    });
  }
});

describe("for people", () => {
  for (const line of [...Object.keys(READS), "agent describe cyd", "workspace describe blog"]) {
    test(line, async () => {
      const { code, stdout, stderr } = await busy.run(...line.split(" "));
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatchSnapshot();
    });
  }

  test("nothing there yet says what makes one", async () => {
    for (const noun of ["workspace", "agent", "session"]) {
      expect((await empty.run(noun, "list")).stdout).toContain(`agentworks ${noun} create NAME`);
      expect((await empty.run(noun, "list", "--names-only")).stdout).toBe("");
    }
  });
});

describe("filters", () => {
  const names = async (...argv: readonly string[]) =>
    ((await busy.data(...argv)) as readonly { readonly name: string }[]).map(({ name }) => name);

  test("several flags mean and, a comma means or", async () => {
    expect(await names("session", "list", "--agent", "claude,cyd", "--no-status")).toEqual(["fix", "try"]);
    expect(await names("session", "list", "--agent", "claude,cyd", "--status", "exited")).toEqual(["try"]);
    expect(await names("session", "list", "--status", "running,unknown")).toEqual(["fix", "look"]);
    expect(await names("session", "list", "--workspace", "blog", "--no-status")).toEqual([]);
    expect(await names("workspace", "list", "--vm", "lab")).toEqual([]);
  });

  test("--names-only prints names, and asks no machine", async () => {
    const { stdout, stderr } = await off.run("session", "list", "--names-only");
    expect({ stdout, stderr }).toEqual({ stdout: "fix\nlook\ntry\n", stderr: "" });
  });

  test("an unknown name is an error", async () => {
    for (const argv of [
      ["workspace", "list", "--vm", "nowhere"],
      ["agent", "list", "--vm", "dev,nowhere"],
      ["session", "list", "--workspace", "nowhere"],
      ["session", "list", "--agent", "nobody"],
      ["session", "list", "--status", "asleep"],
    ]) {
      expect(await busy.run(...argv)).toMatchObject({ code: 1, stdout: "" });
    }
    const both = await busy.run("session", "list", "--status", "running", "--no-status");
    expect(both).toMatchObject({ code: 2, stdout: "" });
  });
});

describe("a machine that does not answer", () => {
  test("leaves its sessions unknown, and stderr says why", async () => {
    const { code, stdout, stderr } = await off.run("session", "list", "--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout).data.map((row: { status: string }) => row.status)).toEqual([
      "unknown",
      "unknown",
      "unknown",
    ]);
    expect(stderr).toContain("'dev'");
    expect(stderr).toContain("Connection refused");
  });

  test("that breaks off in its answer counts as silent", async () => {
    const torn = desk({ ssh: "cat >/dev/null; printf '@session\\tfix\\trunning\\t-\\t5\\t-\\t-\\n'\n" });
    torn.state(furnish);
    const { stdout, stderr } = await torn.run("session", "describe", "fix");
    expect(stdout).toMatch(/Status: +unknown/);
    expect(stderr).toContain("cut off");
  });
});
