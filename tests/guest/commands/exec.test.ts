import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { executable } from "../../unit/executable.ts";
import { bootWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await bootWorld();
}, 120_000);
afterAll(async () => await world?.[Symbol.asyncDispose]());

/** Runs a program on the machine; stdin is bytes. */
async function exec(words: readonly string[], stdin: Uint8Array | "ignore" = "ignore") {
  const input = stdin === "ignore" ? stdin : new Blob([stdin]);
  const argv = [executable(), "vm", "exec", "dev", "--", ...words];
  const child = Bun.spawn(argv, { env: { ...world.operator.env }, stdin: input, stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.bytes(), child.stderr.text(), child.exited]);
  return { stdout: Buffer.from(stdout), stderr, code };
}

/** Whether a process with these words runs on the machine. */
async function isThere(words: string): Promise<boolean> {
  return (await world.guest.exec(["pgrep", "-f", `^${words}$`])).code === 0;
}

describe("vm exec", () => {
  test("arguments arrive as they are", async () => {
    const words = [
      "a b",
      "",
      "it's",
      '"',
      "$(id)",
      "`id`",
      "*",
      "-n",
      "--",
      "ä\n\t€",
      "\\",
      "x".repeat(4096),
      "\x1b[31m",
    ];
    const { stdout, code } = await exec(["printf", "%s\\0", ...words]);
    expect(code).toBe(0);
    expect(stdout.toString().split("\0").slice(0, -1)).toEqual(words);
  });

  test("stdin and stdout are bytes, as many as there are", async () => {
    const bytes = randomBytes(8 * 1024 * 1024);
    const { stdout, code } = await exec(["cat"], bytes);
    expect(code).toBe(0);
    const sum = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");
    expect(sum(stdout)).toBe(sum(bytes));
  });

  test("the exit code is the program's, and stderr its own", async () => {
    expect(await exec(["bash", "-c", "echo no >&2; exit 7"])).toMatchObject({ code: 7, stderr: "no\n" });
    expect((await exec(["bash", "-c", "kill -9 $$"])).code).toBe(137);
  });

  test("it is the admin who runs it, by one login", async () => {
    const mark = await world.guest.mark();
    expect((await exec(["id", "-un"])).stdout.toString()).toBe("agentworks\n");
    expect(await world.guest.acceptedLogins(mark)).toBe(1);
  });

  for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
    test(`a client that ends by ${signal} takes the program with it`, async () => {
      const words = `sleep 4${signal.length}${signal.charCodeAt(3)}`;
      const running = world.operator.start(["vm", "exec", "dev", "--", ...words.split(" ")]);
      for (let tries = 0; !(await isThere(words)) && tries < 100; tries++) await Bun.sleep(50);
      expect(await isThere(words)).toBe(true);
      running.kill(signal);
      await running.ended;
      for (let tries = 0; (await isThere(words)) && tries < 100; tries++) await Bun.sleep(50);
      expect(await isThere(words)).toBe(false);
    });
  }
});
