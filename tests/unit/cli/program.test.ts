import { afterAll, describe, expect, test } from "bun:test";
import { EventEmitter } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { command } from "../../../cli/command.ts";
import { Cancelled, MachineError, UserError } from "../../../cli/errors.ts";
import { run, type World } from "../../../cli/main.ts";
import type { Place } from "../../../cli/services.ts";
import type { Terminal } from "../../../cli/ui/screen.ts";
import { styleFor } from "../../../cli/ui/style.ts";
import { echoCommand, runWith, testWorld } from "./world.ts";

const root = mkdtempSync(join(tmpdir(), "agw-cli-"));
afterAll(() => rmSync(root, { recursive: true }));
const scratch = () => mkdtempSync(join(root, "home-"));

const create = command({
  name: "vm create",
  summary: "make a machine",
  args: [{ name: "name", description: "the machine's name" }],
  flags: {
    cpus: { description: "processors", value: "N" },
    platform: { description: "where", value: "NAME", short: "p" },
    tag: { description: "a label", value: "TAG", many: true },
    force: { description: "no questions" },
  },
  examples: ["agentworks vm create dev", "agentworks vm create dev --cpus 4"],
  input: z.object({
    name: z.string(),
    cpus: z.coerce.number().int().positive().optional(),
    platform: z.enum(["ssh", "qemu"]).optional(),
  }),
  kind: "change",
  run: async ({ name, cpus }) => ({ data: { name, cpus: cpus ?? 2 }, text: () => `machine ${name} is ready` }),
});
const exec = echoCommand({
  name: "vm exec",
  summary: "run a program",
  args: [
    { name: "name", description: "the machine" },
    { name: "command", description: "the program and its arguments", rest: true },
  ],
  kind: "interactive",
});
const list = echoCommand({ name: "vm list", summary: "machines", args: [], kind: "read" });
const describeAgent = echoCommand({ name: "agent describe", summary: "one agent", kind: "read" });
const commands = [create, list, exec, describeAgent];

/** A command that ends as `end` does. */
function ending(end: () => Promise<never>, kind: "read" | "change" = "change") {
  return echoCommand({ name: "vm end", args: [], kind, run: end });
}

describe("help", () => {
  test("of the program", async () => {
    const asked = await runWith(commands, ["--help"]);
    expect(asked).toMatchSnapshot();
    expect(await runWith(commands, ["-h"])).toEqual(asked);
    expect(await runWith(commands, [])).toEqual({ ...asked, code: 2 });
  });

  test("of a noun", async () => {
    const asked = await runWith(commands, ["vm", "--help"]);
    expect(asked).toMatchSnapshot();
    expect(await runWith(commands, ["--help", "vm"])).toEqual(asked);
    expect(await runWith(commands, ["vm"])).toEqual({ ...asked, code: 2 });
  });

  test("of a command, wherever --help stands, and although arguments are missing", async () => {
    const asked = await runWith(commands, ["vm", "create", "--help"]);
    expect(asked).toMatchSnapshot();
    expect(await runWith(commands, ["--help", "vm", "create", "dev"])).toEqual(asked);
    expect((await runWith(commands, ["vm", "exec", "--help"])).stdout).toContain(
      "agentworks vm exec NAME [COMMAND...] [flags]",
    );
  });

  test("version", async () => {
    const version = { code: 0, stdout: "agentworks 0.4.0\n", stderr: "" };
    expect(await runWith(commands, ["--version"])).toEqual(version);
    expect(await runWith(commands, ["vm", "create", "--version"])).toEqual(version);
    expect(JSON.parse(readFileSync(join(import.meta.dir, "../../../package.json"), "utf8")).version).toBe("0.4.0");
  });
});

describe("input", () => {
  test("typed values for the command, text for people", async () => {
    expect(await runWith(commands, ["vm", "create", "007", "--cpus", "4"])).toEqual({
      code: 0,
      stdout: "machine 007 is ready\n",
      stderr: "",
    });
  });

  test("every problem at once, named as it is typed", async () => {
    const { code, stderr, stdout } = await runWith(commands, ["vm", "create", "--cpus", "many", "--platform", "azure"]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toBe(
      [
        "Error: NAME is missing",
        "--cpus: Invalid input: expected number, received NaN",
        '--platform: Invalid option: expected one of "ssh"|"qemu"',
        "Next: agentworks vm create --help",
        "",
      ].join("\n"),
    );
  });
});

describe("--json", () => {
  test("is one document and nothing else", async () => {
    const { code, stdout, stderr } = await runWith(commands, ["--json", "vm", "create", "dev"]);
    expect({ code, stderr, stdout }).toEqual({
      code: 0,
      stderr: "",
      stdout: '{"schema":"agentworks/v1","command":"vm.create","data":{"name":"dev","cpus":2}}\n',
    });
  });

  test("keeps unprintable characters, as escapes", async () => {
    const name = "a\x1b[31m\x9b\u202e\x7f🙂";
    const { stdout } = await runWith(commands, ["vm", "create", name, "--json"]);
    expect(stdout).toMatch(/^[\x20-\x7e🙂]+\n$/u);
    expect(JSON.parse(stdout).data.name).toBe(name);
  });

  test("errors stay on stderr", async () => {
    const { code, stdout, stderr } = await runWith(commands, ["vm", "create", "--json"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: "",
      stderr: "Error: NAME is missing\nNext: agentworks vm create --help\n",
    });
  });

  test("does not go with a command that takes the terminal", async () => {
    const { code, stderr } = await runWith(commands, ["vm", "exec", "--json", "dev"]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: "Error: vm exec takes the terminal: --json does not apply\nNext: agentworks vm exec --help\n",
    });
  });
});

describe("what a command is given", () => {
  test("--dry-run goes with changes only", async () => {
    expect((await runWith(commands, ["vm", "create", "dev", "--dry-run"])).code).toBe(0);
    for (const argv of [
      ["vm", "list", "--dry-run"],
      ["vm", "exec", "--dry-run", "dev"],
    ]) {
      const { code, stderr } = await runWith(commands, argv);
      expect(code).toBe(2);
      expect(stderr).toContain("changes nothing: --dry-run does not apply");
    }
  });

  test("the global flags", async () => {
    const seen: unknown[] = [];
    const spy = echoCommand({ run: async (_, { flags }) => ({ data: seen.push(flags), text: () => "" }) });
    const argv = ["vm", "echo", "--yes", "--non-interactive", "--no-wait", "--allow-partial", "--dry-run"];
    const { stdout } = await runWith([spy], argv, { env: { AGW_DEBUG: "1", AGENTWORKS_HOME: "/nowhere" } });
    const on = { dryRun: true, nonInteractive: true, yes: true, debug: true, noWait: true, allowPartial: true };
    expect(seen).toEqual([{ ...on, json: false }]);
    expect(stdout).toBe("");
  });

  test("where configuration and state are, and whether they may be made", async () => {
    const places: Place[] = [];
    const open: World["open"] = async (place) => {
      places.push(place);
      return { config: never, state: never, provider: never, close: () => {} };
    };
    await runWith(commands, ["vm", "create", "x", "--config", "here.toml"], { open, cwd: "/where" });
    await runWith(commands, ["vm", "create", "x", "--dry-run"], { open });
    await runWith(commands, ["vm", "list"], { open });
    expect(places.map(({ configFile, reading }) => ({ configFile, reading }))).toEqual([
      { configFile: "/where/here.toml", reading: false },
      { configFile: "/nonexistent/agentworks/config.toml", reading: true },
      { configFile: "/nonexistent/agentworks/config.toml", reading: true },
    ]);
  });

  test("what was opened is closed, also after an error", async () => {
    let closed = 0;
    const open: World["open"] = async () => ({
      config: never,
      state: never,
      provider: never,
      close: () => void closed++,
    });
    await runWith(commands, ["vm", "list"], { open });
    await runWith([ending(() => Promise.reject(new Cancelled()))], ["vm", "end"], { open });
    expect(closed).toBe(2);
  });
});

describe("exit codes", () => {
  const codes: readonly (readonly [string, Error, number, string])[] = [
    [
      "user error",
      new UserError("no machine dev", "agentworks vm list"),
      1,
      "Error: no machine dev\nNext: agentworks vm list\n",
    ],
    ["lines stay", new UserError("two\nlines", "act"), 1, "Error: two\nlines\nNext: act\n"],
    [
      "its own code",
      new UserError("changes pending", "agentworks vm reinit dev", 3),
      3,
      "Error: changes pending\nNext: agentworks vm reinit dev\n",
    ],
    [
      "machine error",
      new MachineError("step failed", "agentworks vm logs dev", ["one\x1b[2J", "two"]),
      1,
      "  one[2J\n  two\nError: step failed\nNext: agentworks vm logs dev\n",
    ],
    ["cancelled", new Cancelled(), 130, "Cancelled.\n"],
  ];
  for (const [title, error, code, stderr] of codes) {
    test(title, async () => {
      expect(await runWith([ending(() => Promise.reject(error))], ["vm", "end"])).toEqual({ code, stderr, stdout: "" });
    });
  }

  test("of a result, and --allow-partial", async () => {
    const partial = echoCommand({ args: [], run: async () => ({ data: 1, text: () => "", exitCode: 4 }) });
    expect((await runWith([partial], ["vm", "echo"])).code).toBe(4);
    expect((await runWith([partial], ["vm", "echo", "--allow-partial"])).code).toBe(0);
    const remote = { ...partial, kind: "interactive" as const };
    expect((await runWith([remote], ["vm", "echo", "--allow-partial"])).code).toBe(4);
  });
});

describe("an error that nobody expected", () => {
  const broken = ending(() => Promise.reject(new TypeError("x is not a function\nsecond line")));

  test("is one line; its traceback is in the log, for us alone", async () => {
    const home = join(scratch(), "home");
    const env = { AGENTWORKS_HOME: home };
    const log = join(home, "logs", "error.log");
    const ran = await runWith([broken], ["vm", "end"], { env });
    expect(ran).toEqual({
      code: 1,
      stdout: "",
      stderr: `Error: unexpected: TypeError: x is not a function\nNext: see ${log}, or run again with --debug\n`,
    });
    expect(statSync(log).mode & 0o777).toBe(0o600);
    expect(statSync(join(home, "logs")).mode & 0o777).toBe(0o700);
    const first = readFileSync(log, "utf8");
    const entry =
      /^2026-01-31T12:00:00\.000Z agentworks 0\.4\.0: vm end\nTypeError: x is not a function\nsecond line\n +at /;
    expect(first).toMatch(entry);
    await runWith([broken], ["vm", "end"], { env });
    const both = readFileSync(log, "utf8");
    expect(both.startsWith(first)).toBe(true);
    expect(both.slice(first.length)).toMatch(entry);
  });

  test("is shown with --debug and with AGW_DEBUG=1, and then not logged", async () => {
    const home = scratch();
    for (const [argv, env] of [
      [["vm", "end", "--debug"], { AGENTWORKS_HOME: home }],
      [["vm", "end"], { AGENTWORKS_HOME: home, AGW_DEBUG: "1" }],
    ] as const) {
      const { stderr } = await runWith([broken], argv, { env });
      expect(stderr).toMatch(
        /^TypeError: x is not a function\nsecond line\n +at [\s\S]*\nError: unexpected: TypeError/,
      );
    }
    expect(existsSync(join(home, "logs"))).toBe(false);
  });

  test("whose log cannot be written says so", async () => {
    const file = join(scratch(), "file");
    writeFileSync(file, "");
    const { code, stderr } = await runWith([broken], ["vm", "end"], { env: { AGENTWORKS_HOME: file } });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^.*error\.log could not be written: .*\nError: unexpected: .*\nNext: run again with --debug\n$/,
    );
  });

  test("tightens a log that others could read", async () => {
    const home = scratch();
    const env = { AGENTWORKS_HOME: home };
    await runWith([broken], ["vm", "end"], { env });
    chmodSync(join(home, "logs", "error.log"), 0o644);
    await runWith([broken], ["vm", "end"], { env });
    expect(statSync(join(home, "logs", "error.log")).mode & 0o777).toBe(0o600);
  });
});

describe("interrupts", () => {
  function interrupted(
    kind: "read" | "change",
    react: (requested: AbortSignal) => Promise<never>,
    signals = new EventEmitter(),
  ) {
    const stuck = echoCommand({
      name: "vm stuck",
      args: [],
      kind,
      run: (_, { interrupts }) => react(interrupts.requested),
    });
    const { world, stderr } = testWorld([stuck], { signals });
    return { signals, done: run(["vm", "stuck"], world).then((code) => ({ code, stderr: stderr.join("") })) };
  }
  const never = () => new Promise<never>(() => {});

  test("the first asks a change to stop; what it then says is printed, and the code is 130", async () => {
    const { signals, done } = interrupted(
      "change",
      (requested) =>
        new Promise((_, reject) =>
          requested.addEventListener("abort", () =>
            reject(new UserError("rolled back, but one thing is left", "remove it")),
          ),
        ),
    );
    await Bun.sleep(20);
    signals.emit("SIGINT");
    expect(await done).toEqual({ code: 130, stderr: "Error: rolled back, but one thing is left\nNext: remove it\n" });
    expect(signals.listenerCount("SIGINT") + signals.listenerCount("SIGTERM")).toBe(0);
  });

  test("the second leaves a change at once", async () => {
    const { signals, done } = interrupted("change", never);
    await Bun.sleep(20);
    signals.emit("SIGTERM");
    expect(await Promise.race([done, Bun.sleep(500)])).toBeUndefined();
    signals.emit("SIGINT");
    expect(await done).toEqual({ code: 130, stderr: "Cancelled.\n" });
  });

  test("the first leaves what changes nothing", async () => {
    const { signals, done } = interrupted("read", never);
    await Bun.sleep(20);
    signals.emit("SIGINT");
    expect(await done).toEqual({ code: 130, stderr: "Cancelled.\n" });
  });

  test("an aborted call is no unexpected error", async () => {
    const { signals, done } = interrupted("change", async (requested) => {
      await new Promise((resolve) => requested.addEventListener("abort", resolve));
      requested.throwIfAborted();
      return await never();
    });
    await Bun.sleep(20);
    signals.emit("SIGINT");
    expect(await done).toEqual({ code: 130, stderr: "Cancelled.\n" });
  });
});

describe("colour", () => {
  const failing = ending(() => Promise.reject(new UserError("no machine \x1b[31mdev\x1b[5m", "agentworks vm list")));
  function onTerminal(stderr: string[]): Terminal {
    return { write: (_, text) => void stderr.push(text), isTTY: () => true, columns: () => 80 };
  }

  test("is for terminals, and only ours", async () => {
    const stderr: string[] = [];
    await runWith([failing], ["vm", "end"], { terminal: onTerminal(stderr) });
    expect(stderr.join("")).toBe(
      "\x1b[31mError:\x1b[39m no machine [31mdev[5m\n\x1b[1mNext:\x1b[22m agentworks vm list\n",
    );
    const painted = echoCommand({
      run: async () => ({ data: 1, text: ({ color, width }) => `${styleFor({ color }).green("ok")} ${width}\x1b[5m` }),
    });
    const stdout: string[] = [];
    await runWith([painted], ["vm", "echo"], { terminal: onTerminal(stdout) });
    expect(stdout.join("")).toBe("\x1b[32mok\x1b[39m 80[5m\x1b[0m\n");
    expect((await runWith([painted], ["vm", "echo"])).stdout).toBe("ok Infinity[5m\n");
  });

  test("is off with NO_COLOR and on a dumb terminal", async () => {
    for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
      const stderr: string[] = [];
      await runWith([failing], ["vm", "end"], {
        env: { AGENTWORKS_HOME: "/nowhere", ...env },
        terminal: onTerminal(stderr),
      });
      expect(stderr.join("")).toBe("Error: no machine [31mdev[5m\nNext: agentworks vm list\n");
    }
  });
});

function never(): never {
  throw new Error("not opened by these tests");
}
