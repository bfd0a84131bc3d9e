import { describe, expect, test } from "bun:test";
import { openSync } from "node:fs";
import { join } from "node:path";

const PROGRAM = join(import.meta.dir, "processes", "program.ts");
const DOWN = "\x1b[B";
const CTRL_C = "\x03";

/** Runs a command on a terminal of its own; each entry of `talk` is sent when the words before it have been shown. */
async function onTerminal(
  argv: readonly string[],
  talk: readonly (readonly [string, string])[],
  env: Record<string, string> = {},
) {
  let shown = "";
  let unread = 0;
  const pending = [...talk];
  const child = Bun.spawn([process.execPath, PROGRAM, ...argv], {
    env: { PATH: process.env.PATH, TERM: "xterm-256color", AGENTWORKS_HOME: "/nonexistent", ...env },
    terminal: {
      cols: 60,
      rows: 20,
      data: (terminal, bytes) => {
        shown += new TextDecoder().decode(bytes);
        const [awaited, answer] = pending[0] ?? [];
        if (awaited === undefined || answer === undefined || !shown.slice(unread).includes(awaited)) return;
        unread = shown.length;
        pending.shift();
        terminal.write(answer);
      },
    },
  });
  const code = await child.exited;
  child.terminal?.close();
  return { code, shown, unsent: pending.length };
}

describe("a question on a terminal", () => {
  test("text", async () => {
    const { code, shown } = await onTerminal(["test", "text"], [["Which name?", "007\r"]]);
    expect(code).toBe(0);
    expect(shown).toContain('answer: "007"');
  });

  test("a wrong answer is asked again", async () => {
    const talk = [
      ["Which name?", "bad\r"],
      ["not this one", "\x7f\x7f\x7fgood\r"],
    ] as const;
    const { code, shown } = await onTerminal(["test", "text"], talk);
    expect(code).toBe(0);
    expect(shown).toContain('answer: "good"');
  });

  test("select", async () => {
    const { code, shown } = await onTerminal(["test", "select"], [["agent cyd", `${DOWN}${DOWN}\r`]]);
    expect(code).toBe(0);
    expect(shown).toContain('answer: "cyd"');
  });

  test("confirm: Enter alone is no, y is yes, --yes asks nothing", async () => {
    expect((await onTerminal(["test", "confirm"], [["Delete dev?", "\r"]])).shown).toContain("answer: false");
    expect((await onTerminal(["test", "confirm"], [["Delete dev?", "y"]])).shown).toContain("answer: true");
    const { shown } = await onTerminal(["test", "confirm", "--yes"], []);
    expect(shown.trim()).toBe("answer: true");
  });

  test("a secret is not shown", async () => {
    const { code, shown } = await onTerminal(["test", "secret"], [["Token?", "hunter2-hunter2\r"]]);
    expect(code).toBe(0);
    expect(shown).toContain("answer: 15");
    expect(shown).not.toContain("hunter");
  });

  for (const kind of ["text", "select", "confirm", "secret"]) {
    test(`Ctrl-C at ${kind} is 130 and leaves the cursor visible`, async () => {
      const question =
        { text: "Which name?", select: "agent cyd", confirm: "Delete dev?", secret: "Token?" }[kind] ?? "";
      const { code, shown } = await onTerminal(["test", kind], [[question, CTRL_C]]);
      expect(code).toBe(130);
      expect(shown).toContain("Cancelled.");
      expect(shown.lastIndexOf("\x1b[?25h")).toBeGreaterThan(shown.lastIndexOf("\x1b[?25l"));
    });
  }

  test("--non-interactive asks nothing", async () => {
    const { code, shown } = await onTerminal(["test", "text", "--non-interactive"], []);
    expect(code).toBe(2);
    expect(shown).toContain("run agentworks test text again with --name NAME");
  });
});

describe("Ctrl-C while a change runs", () => {
  test("once it asks, twice it leaves", async () => {
    const { code, shown } = await onTerminal(
      ["test", "wait"],
      [
        ["waiting", CTRL_C],
        ["stopping", CTRL_C],
      ],
    );
    expect({ code, shown: shown.includes("Cancelled.") }).toEqual({ code: 130, shown: true });
  });
});

describe("the terminal is handed to a program", () => {
  test("which reads the keys and whose exit code is ours", async () => {
    const argv = ["bash", "-c", 'read -rp "name: " name; echo "hello $name"; exit 7'];
    const { shown } = await onTerminal(["test", "hand"], [["name: ", "ada\r"]], { HAND: JSON.stringify(argv) });
    expect(shown).toContain("hello ada");
    expect(shown).toContain("answer: 7");
  });

  test("and put back when the program was cut off", async () => {
    const raw = 'stty raw -echo; printf "\\033[?1049h\\033[?1000h"; kill -9 $$';
    const { shown } = await onTerminal(["test", "hand"], [], { HAND: JSON.stringify(["bash", "-c", raw]) });
    expect(shown).toContain("answer: 137");
    const restored = shown.slice(shown.indexOf("\x1b[?1000h"));
    expect(restored.indexOf("\x1b[?1049l")).toBeGreaterThan(-1);
    expect(restored.indexOf("\x1b[?1000l")).toBeGreaterThan(restored.indexOf("\x1b[?1049l"));
    // Out of raw mode a newline is a carriage return and a newline again.
    expect(restored).toContain("answer: 137\r\n");
  });

  test("and left as it is when the program ended by itself", async () => {
    const { shown } = await onTerminal(["test", "hand"], [], { HAND: JSON.stringify(["true"]) });
    expect(shown).toBe("answer: 0\r\n");
  });

  test("a program that is not there", async () => {
    const { code, shown } = await onTerminal(["test", "hand"], [], { HAND: JSON.stringify(["no-such-program"]) });
    expect(code).toBe(1);
    expect(shown).toContain("install no-such-program");
  });
});

describe("progress on a terminal", () => {
  test("is redrawn in place, and what failed stays", async () => {
    const { shown } = await onTerminal(["test", "live"], []);
    expect(shown).toContain("[1/2] apt packages  0s  ");
    expect(shown).toContain("Unpacking [2Jgit");
    expect(shown).toContain("ok\x1b[39m  apt packages (changed, 0.3s)");
    expect(shown).toContain("useradd: no space left");
    expect(shown).not.toContain("\x1b[2J");
    const last = shown.split("\x1b[2K").at(-1) ?? "";
    expect(last).toMatch(/^vm reinit dev: .*failed.* \(1 changed, 1 failed\) in \ds\r\nanswer: "done"/);
  });
});

describe("pipes", () => {
  const env = { PATH: process.env.PATH, AGENTWORKS_HOME: "/nonexistent" };

  test("take everything, however slow the reader", async () => {
    const child = Bun.spawn([process.execPath, PROGRAM, "test", "big"], { env, stdout: "pipe", stderr: "pipe" });
    await Bun.sleep(300);
    expect((await child.stdout.text()).length).toBe(3_000_011);
    expect({ code: await child.exited, stderr: await child.stderr.text() }).toEqual({ code: 0, stderr: "" });
  });

  test("may be closed early", async () => {
    const script = `"$0" "$1" test big | head -c 10; echo " \${PIPESTATUS[0]}"`;
    const child = Bun.spawn(["bash", "-c", script, process.execPath, PROGRAM], { env, stdout: "pipe", stderr: "pipe" });
    expect({ stdout: await child.stdout.text(), stderr: await child.stderr.text() }).toEqual({
      stdout: 'answer: "x 0\n',
      stderr: "",
    });
  });

  test("that cannot take it are an error", async () => {
    const child = Bun.spawn([process.execPath, PROGRAM, "test", "big"], {
      env,
      stdout: openSync("/dev/full", "w"),
      stderr: "pipe",
    });
    expect(await child.stderr.text()).toMatch(/^Error: cannot write the output: ENOSPC.*\nNext: free space/);
    expect(await child.exited).toBe(1);
  });

  test("ask nothing: the error names the flag", async () => {
    for (const [kind, flag] of [
      ["text", "--name NAME"],
      ["select", "--agent NAME"],
      ["confirm", "--yes"],
      ["secret", "--token-file FILE"],
    ] as const) {
      const child = Bun.spawn([process.execPath, PROGRAM, "test", kind], {
        env,
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      });
      const [code, stderr, stdout] = [await child.exited, await child.stderr.text(), await child.stdout.text()];
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toMatch(/^Error: .*: not answered, and there is no terminal to ask on\nNext: /);
      expect(stderr).toContain(`run agentworks test ${kind} again with ${flag}\n`);
    }
  });
});
