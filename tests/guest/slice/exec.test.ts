import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createAgentPlan } from "../../../cli/plan/agent.ts";
import { remoteCommand } from "../../../steps/session/words.ts";
import { agent, bootSlice, runSsh, type Slice } from "./slice.ts";

setDefaultTimeout(60_000);
let slice: Slice;
beforeAll(async () => {
  slice = await bootSlice();
  await slice.converge(createAgentPlan(agent(slice, "claude")));
}, 300_000);
afterAll(() => slice?.[Symbol.asyncDispose]());

const exec = (argv: readonly string[], stdin = "", directory?: string) =>
  runSsh(slice.guest, "agt-claude", remoteCommand(argv, directory).join(" "), stdin);

test("arguments and stdin arrive unchanged", async () => {
  const words = [
    "",
    " two  words ",
    "-n",
    "--",
    "'\"`$(id)$HOME\\",
    "*",
    "a\nb\n",
    "ü😀",
    "~",
    "!x",
    ";|&<>",
    "x".repeat(4096),
  ];
  const printed = await exec(["printf", "%s\\0", ...words]);
  expect(printed).toMatchObject({ code: 0, stderr: "" });
  expect(printed.stdout.split("\0").slice(0, -1)).toEqual(words);
  const stdin = "line\n\0\x1b[31m\r\n  no newline at the end";
  expect(await exec(["cat"], stdin)).toEqual({ code: 0, stdout: stdin, stderr: "" });
});

test("it runs in the home or where it is told, and what start-up files print stays out of it", async () => {
  await slice.as(
    "agt-claude",
    "echo '[[ $- == *i* ]] || return; echo noise; echo noise >&2; cat; export FROM_RC=yes' >~/.bashrc",
  );
  expect(await exec(["bash", "-c", "pwd; echo $FROM_RC; echo talk >&2; cat"], "in")).toEqual({
    code: 0,
    stdout: "/home/agt-claude\nyes\nin",
    stderr: "talk\n",
  });
  expect((await exec(["pwd"], "", "/usr/share")).stdout).toBe("/usr/share\n");
  expect((await exec(["pwd"], "", "/nowhere")).code).toBe(126);
});

test("its exit code is passed on, 128+n for a signal", async () => {
  expect((await exec(["bash", "-c", "exit 42"])).code).toBe(42);
  expect(await exec(["bash", "-c", "kill -9 $$"])).toEqual({ code: 137, stdout: "", stderr: "" });
  const missing = await exec(["no-such-program"]);
  expect(missing).toMatchObject({ code: 127, stderr: expect.stringContaining("no-such-program: not found") });
});

test("when the client goes, everything that it started ends", async () => {
  const script = `trap "" TERM HUP INT; setsid bash -c 'trap "" TERM; while :; do sleep 7; done' & (sleep 1003 &) ; sleep 1004; sleep 1005`;
  const command = remoteCommand(["bash", "-c", script]).join(" ");
  const argv = slice.guest.sshArgv("root", command).map((word) => word.replace(/^root@/, "agt-claude@"));
  const client = Bun.spawn(argv, { stdin: "pipe", stdout: "ignore", stderr: "ignore" });
  const count = async () => Number(await slice.root("pgrep -c -u agt-claude -x sleep || true"));
  while ((await count()) < 3) await Bun.sleep(50);
  client.kill("SIGKILL");
  const began = performance.now();
  while ((await count()) > 0 && performance.now() - began < 10_000) await Bun.sleep(50);
  expect(await slice.root("ps -u agt-claude -o args= | grep -E 'sleep|trap' || true")).toBe("");
});

test("a daemon that it leaves on purpose outlives a normal end", async () => {
  expect((await exec(["bash", "-c", "setsid sleep 1006 </dev/null >/dev/null 2>&1 & exit 0"])).code).toBe(0);
  expect(await slice.root("pgrep -c -u agt-claude -f 'sleep 1006'")).toBe("1");
});
