import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { openState } from "../../cli/state/state.ts";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { agent, machine, session, workspace } from "./state/fixture.ts";

setDefaultTimeout(30_000);

let operator: Operator;
let silent: Server;

beforeAll(async () => {
  operator = await operatorOf(undefined);
  silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" ? (address?.port ?? 0) : 0;
  const state = openState(join(operator.home, "agentworks.db"));
  const there = { provisioning: "complete", init: "complete", host: "127.0.0.1", adopted: true } as const;
  state.machines.insert({ ...machine("hangs"), ...there, port });
  state.machines.insert({ ...machine("refuses"), ...there, port: 1 });
  for (const name of ["hangs", "refuses"]) {
    state.workspaces.insert(workspace(`w-${name}`, name));
    state.agents.insert(agent(`a-${name}`, name));
    state.sessions.insert(session(`s-${name}`, name, `w-${name}`, `a-${name}`));
    state.sessions.update(`s-${name}`, { lifecycle: "ready" });
  }
  state.close();
});
afterAll(async () => {
  silent?.close();
  await operator?.[Symbol.asyncDispose]();
});

for (const name of ["hangs", "refuses"]) {
  test(`describe of a machine that ${name} tells what is known, within its 5 s`, async () => {
    const { code, stdout, ms } = await operator.run(["vm", "describe", name]);
    expect(code).toBe(0);
    expect(stdout).toContain("unreachable");
    expect(stdout).toContain(`s-${name}`);
    expect(ms).toBeLessThan(7000);
  });

  test(`sessions on a machine that ${name} are unknown, neither stopped nor gone`, async () => {
    const { stdout, stderr } = await operator.run(["session", "list", "--vm", name, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ data: [{ name: `s-${name}`, status: "unknown" }] });
    expect(stderr).toContain(`how the sessions on '${name}' are is not known`);
  });
}

test("what cannot be asked is not said to be in order, and what cannot be stopped not to be stopped", async () => {
  for (const words of ["vm plan refuses", "session stop s-refuses"]) {
    const { code, stdout, stderr } = await operator.run(words.split(" "));
    expect([words, code, stdout]).toEqual([words, 1, ""]);
    expect(stderr).toContain("127.0.0.1");
  }
});
