import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { openState } from "../../cli/state/state.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { executable } from "./executable.ts";
import { agent, machine, session, workspace } from "./state/fixture.ts";

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  const state = openState(join(operator.home, "agentworks.db"));
  state.machines.insert({ ...machine("dev"), init: "complete", host: "127.0.0.1", port: 1, adopted: true });
  state.workspaces.insert(workspace("site", "dev"));
  state.agents.insert(agent("claude", "dev"));
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.sessions.update("fix", { lifecycle: "ready" });
  state.close();
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

test("what a command does not read stays for whoever comes next", async () => {
  const commands = ["vm describe dev", "vm list --live", "session list", "session stop fix", "vm plan dev"];
  // Each starts ssh, which would read what it finds.
  const loop = `${commands.map((words) => `"$0" ${words} >/dev/null 2>&1; read -r line; echo "$line";`).join(" ")}`;
  const lines = commands.map((_, index) => `line ${index}`).join("\n");
  const child = Bun.spawn(["bash", "-c", loop, executable()], {
    env: operator.env,
    stdin: new Blob([`${lines}\n`]),
    stdout: "pipe",
  });
  expect(await child.stdout.text()).toBe(`${lines}\n`);
});
