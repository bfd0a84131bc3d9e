/** The program with commands of the tests' own, as a process: for what only a real terminal or a real pipe shows. */
import { z } from "zod";
import type { Command } from "../../../../cli/command.ts";
import type { Context } from "../../../../cli/context.ts";
import { run } from "../../../../cli/main.ts";
import { handTerminal } from "../../../../cli/ui/interactive.ts";
import { liveView } from "../../../../cli/ui/live.ts";
import { processTerminal } from "../../../../cli/ui/streams.ts";

function test(name: string, work: (context: Context) => Promise<unknown>, kind: Command["kind"] = "change"): Command {
  const run: Command["run"] = async (_, context) => {
    const data = await work(context);
    return { data, text: () => `answer: ${JSON.stringify(data)}` };
  };
  return { name: `test ${name}`, summary: name, args: [], flags: {}, examples: [], input: z.object({}), kind, run };
}

const commands = [
  test("text", ({ prompts }) =>
    prompts.text("Which name?", {
      flag: "--name NAME",
      check: (value) => (value === "bad" ? "not this one" : undefined),
    })),
  test("select", ({ prompts }) =>
    prompts.select(
      "Which agent?",
      ["ada", "bob", "cyd"].map((value) => ({ value, label: `agent ${value}` })),
      { flag: "--agent NAME" },
    )),
  test("confirm", ({ prompts }) => prompts.confirm("Delete dev?")),
  test("secret", async ({ prompts }) => (await prompts.secret("Token?", { flag: "--token-file FILE" })).length),
  test("big", async () => "x".repeat(3_000_000), "read"),
  test("wait", async ({ interrupts }) => {
    console.error("waiting");
    await new Promise((resolve) => interrupts.requested.addEventListener("abort", resolve));
    console.error("stopping");
    return await new Promise(() => {});
  }),
  test("hand", async ({ screen, env }) => handTerminal(JSON.parse(env.HAND ?? "[]"), env, screen)),
  test("live", async ({ screen, now }) => {
    const view = liveView(screen, "vm reinit dev", now);
    view.stepStarted(1, 2, "apt packages");
    view.output("Unpacking \x1b[2Jgit");
    await Bun.sleep(250);
    view.stepEnded("changed", 250);
    view.stepStarted(2, 2, "user agt-ada");
    view.output("useradd: no space left");
    view.stepEnded("failed", 10);
    view.finish("failed", { changed: 1, unchanged: 0, failed: 1, skipped: 0 });
    return "done";
  }),
];

process.exit(
  await run(process.argv.slice(2), {
    env: process.env,
    cwd: process.cwd(),
    terminal: processTerminal(),
    signals: process,
    now: () => new Date(),
    commands: commands.map((command) => ({ name: command.name, load: async () => command })),
    open: async () => ({ config: unused, state: unused, provider: unused, close: () => {} }),
  }),
);

function unused(): never {
  throw new Error("not opened by these commands");
}
