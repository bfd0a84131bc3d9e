// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { exec, spawnChannel } from "../../../providers/exec.ts";

setDefaultTimeout(60_000);

const env = { PATH: process.env.PATH };

test("argv, stdin, output and exit code pass unchanged; the environment is what was given", async () => {
  const argv = ["bash", "-c", 'cat; printf "%s|" "$@" "${HOME-unset}" >&2; exit 7', "_", "two  words", "$x", ""];
  expect(await exec(argv, { env, stdin: "in\0\n", timeoutMs: 5000 })).toEqual({
    ...{ code: 7, stdout: "in\0\n", stderr: "two  words|$x||unset|", timedOut: false },
  });
});

test("a program that is not there is exit 127, with or without a conversation", async () => {
  const argv = ["no-such-program"];
  expect(await exec(argv, { env, timeoutMs: 1000 })).toMatchObject({ code: 127, stderr: "no-such-program: not found" });
  const channel = spawnChannel(argv, env);
  await channel.write("anything");
  expect(await channel.exited).toBe(127);
  expect(await new Response(channel.stderr).text()).toBe("no-such-program: not found\n");
});

test("the time limit ends a program with its children, who hold its output", async () => {
  const began = Date.now();
  const { timedOut, stdout } = await exec(["bash", "-c", "echo $$; sleep 100 & sleep 100"], { env, timeoutMs: 300 });
  expect(timedOut).toBe(true);
  expect(Date.now() - began).toBeLessThan(3000);
  expect(existsSync(`/proc/${stdout.trim()}`)).toBe(false);
});

test("a channel carries megabytes to a slow reader, and survives one that has gone", async () => {
  const slow = spawnChannel(["bash", "-c", "sleep 0.3; wc -c"], env);
  await slow.write("x".repeat(8_000_000));
  slow.end();
  expect((await new Response(slow.stdout).text()).trim()).toBe("8000000");
  const gone = spawnChannel(["true"], env);
  await gone.exited;
  await gone.write("x".repeat(1_000_000));
  await gone.write("more");
  expect(await gone.exited).toBe(0);
});

test("a killed channel ends with its children", async () => {
  const channel = spawnChannel(["bash", "-c", "sleep 100 & echo on; sleep 100"], env);
  const reader = channel.stdout.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("on\n");
  channel.kill();
  expect((await reader.read()).done).toBe(true);
  expect(await channel.exited).toBe(137);
  channel.kill();
});

test("a child that outlives its program holds nobody up", async () => {
  const argv = ["bash", "-c", "sleep 100 & echo on; exit 3"];
  const began = Date.now();
  expect(await exec(argv, { env, timeoutMs: 50_000 })).toMatchObject({ code: 3, stdout: "on\n", timedOut: false });
  const channel = spawnChannel(argv, env);
  expect(await Promise.all([new Response(channel.stdout).text(), channel.exited])).toEqual(["on\n", 3]);
  expect(Date.now() - began).toBeLessThan(3000);
});
