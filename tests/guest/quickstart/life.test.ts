import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { z } from "zod";
import { quickstart } from "../../schemas/quickstart.ts";
import { at, type Operator } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { difference, on } from "../machine/lab.ts";
import { sweep } from "../vm/lab.ts";
import { filesOf, newcomer } from "./lab.ts";

let guest: Guest;
let operator: Operator;
let before: readonly string[];
beforeAll(async () => {
  guest = await bootGuest();
  operator = await newcomer(guest);
  // What is made for good at the first run: directories that any machine of ours has had.
  await operator.ok([...start(), "--json"]);
  await operator.ok(REMOVE);
  before = await sweep(guest);
}, 120_000);
afterEach(async () => {
  await operator.ok(REMOVE);
  expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
  expect(filesOf(operator)).toEqual([]);
}, 60_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

const start = () => ["quickstart", ...at(guest), "--yes", "--non-interactive"];
const REMOVE = ["quickstart", "--remove", "--yes", "--non-interactive"];

const run = async (argv: readonly string[]): Promise<z.infer<typeof quickstart>> =>
  quickstart.parse(await operator.json([...argv]));
const results = ({ phases }: z.infer<typeof quickstart>) =>
  Object.fromEntries(phases.map(({ part, result }) => [part, result]));

describe("a session", () => {
  test("is there at the end: a terminal attaches, and is the agent", async () => {
    const { next } = await run(start());
    expect(next?.attach).toMatch(/agentworks session attach first-session$/);
    const talk = [
      ["$ ", "id -un\r"],
      ["agt-first-agent\r\n", "\x02d"],
    ] as const;
    const { code, shown, unsent } = await operator.onTerminal(["session", "attach", "first-session"], talk);
    expect({ code, unsent, shown: unsent === 0 ? "" : shown }).toEqual({ code: 0, unsent: 0, shown: "" });
  }, 60_000);

  test("that is there is found with one login, without any flag", async () => {
    expect(results(await run(start()))).toEqual({
      ...{ platform: "found", programs: "found", key: "found", config: "made" },
      ...{ machine: "made", workspace: "made", agent: "made", session: "made" },
    });
    const mark = await guest.mark();
    const { code, stdout, stderr } = await operator.run(["quickstart"]);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toStartWith("Everything is in place. Session 'first-session'");
    expect(stderr).not.toContain(" made: ");
    expect(await guest.acceptedLogins(mark)).toBe(1);
  }, 60_000);

  test("that has ended is made anew", async () => {
    await run(start());
    await on(guest, "pkill -KILL -u agt-first-agent bash");
    await on(guest, "while pgrep -u agt-first-agent -x bash; do sleep 0.1; done");
    expect((await operator.run(["quickstart"])).stderr).toContain("Next: run agentworks quickstart again with --yes");
    expect(results(await run(["quickstart", "--yes"])).session).toBe("made");
    expect(await operator.ok(["session", "list"])).toContain("running");
  }, 60_000);
});

describe("what is not quickstart's own", () => {
  test("has its names: it refuses before it makes anything", async () => {
    await operator.ok(start());
    await operator.ok(["session", "delete", "first-session", "--yes"]);
    await operator.ok(["agent", "delete", "first-agent", "--yes"]);
    // Another second: a thing is known again by when it was made.
    await Bun.sleep(1100);
    await operator.ok(["agent", "create", "first-agent"]);
    expect(await operator.run(start())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("The agent 'first-agent' was not made by quickstart."),
    });
    const removing = await operator.run(REMOVE);
    expect(removing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("'quickstart' holds what quickstart did not make: first-agent."),
    });
    expect(await operator.ok(["agent", "list"])).toContain("first-agent");
    await operator.ok(["agent", "delete", "first-agent", "--yes"]);
  }, 60_000);

  test("stays: a configuration that was edited", async () => {
    await operator.ok(start());
    const config = join(operator.home, "config.toml");
    appendFileSync(config, "# mine\n");
    const { phases } = await run(REMOVE);
    expect(phases.at(-1)).toMatchObject({ part: "config", result: "kept", why: "it was edited: it is yours" });
    expect(readFileSync(config, "utf8")).toEndWith("# mine\n");
    expect((await run(REMOVE)).phases).toEqual([]);
    rmSync(config);
  }, 60_000);
});

describe("a computer without a usable key", () => {
  const keys = () => join(dirname(operator.home), ".ssh");
  const own = () => join(operator.home, "quickstart_ed25519");

  test("gets one of quickstart's, which is let in and goes on, and goes with the rest", async () => {
    const usual = join(keys(), "id_ed25519");
    const passphrase = (from: string, to: string) =>
      Bun.spawnSync(["ssh-keygen", "-q", "-p", "-P", from, "-N", to, "-f", usual]).exitCode;
    expect(passphrase("", "correct horse")).toBe(0);
    try {
      const { code, stderr } = await operator.run(start());
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`ssh-copy-id -i ${own()}`) });
      expect(stderr).toContain(`key made: ${own()} (${usual} has a passphrase, and no ssh agent holds it)`);
      expect((statSync(own()).mode & 0o777).toString(8)).toBe("600");
      await on(guest, `echo '${readFileSync(`${own()}.pub`, "utf8").trim()}' >>/root/.ssh/authorized_keys`);
      const went = await run(start());
      expect(results(went)).toMatchObject({ key: "found", config: "found", machine: "made", session: "made" });
      const { phases } = await run(REMOVE);
      expect(phases.map(({ part, result }) => `${part} ${result}`)).toContain("key removed");
      expect(existsSync(own())).toBe(false);
    } finally {
      await on(guest, "sed -i /agentworks-quickstart/d /root/.ssh/authorized_keys");
      expect(passphrase("correct horse", "")).toBe(0);
    }
  }, 60_000);
});
