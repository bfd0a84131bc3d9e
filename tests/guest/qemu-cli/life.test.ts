import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../../../providers/exec.ts";
import type { Operator } from "../cli.ts";
import { limitsHold, TEMPLATES } from "./limits.ts";
import { plainOperator } from "./plain.ts";
import { qemuOperator } from "./world.ts";

const CONFIG = `
[admin.config]
shell = "bash"
[vm_templates.default]
cpus = 2
memory = 2
disk = 8
swap = 1
${TEMPLATES}`;

/** What is proven of each machine, first as root, then as a user of no rights, who finds the image made. */
describe.each([
  ["root", qemuOperator],
  ["a user without rights", plainOperator],
])("as %s", (who, operatorOf) => {
  let operator: Operator;
  let port = 0;
  beforeAll(async () => {
    operator = await operatorOf(CONFIG);
  }, 60_000);
  afterAll(async () => {
    await operator?.run(["vm", "delete", "box", "--force", "--yes"]);
    await operator?.[Symbol.asyncDispose]();
  }, 60_000);

  const ok = (line: string) => operator.ok(line.split(" "));
  /** Waits until the session is so: a busy computer without acceleration may take longer than a status is waited for. */
  const becomes = async (status: string) => {
    for (let round = 0; round < 20; round++) {
      if ((await ok(`session list --status ${status} --names-only`)).split("\n").includes("fix")) return status;
    }
    return await ok("session list");
  };
  const power = async () => (await operator.json<{ power: string }[]>(["vm", "list"])).map((machine) => machine.power);

  test("one command makes a machine, and others a session on it", async () => {
    await ok("vm create box --platform qemu --non-interactive");
    [{ port } = { port: 0 }] = operator.rows<{ port: number }>("SELECT port FROM machines");
    await ok("workspace create site");
    await ok("agent create claude");
    await operator.ok(["session", "create", "fix", "--agent", "claude", "--command", "sleep 10000"]);
    expect(await becomes("running")).toBe("running");
    expect(await power()).toEqual(["running"]);
    expect(await ok("vm exec box hostname")).toBe("box\n");
  }, 600_000);

  if (who === "root") limitsHold(() => operator);

  test("stopped and started it is the same machine, in its declared state", async () => {
    expect(await ok("vm exec box nproc")).toBe("2\n");
    expect(Number((await ok("vm exec box cat /proc/meminfo")).split(/\s+/)[1]) / 2 ** 20).toBeCloseTo(2, 0);
    await ok("vm stop box");
    expect(await power()).toEqual(["stopped"]);
    expect(await answers(port)).toBe(false);
    expect(await ok("vm logs box --serial")).toContain("Power down");
    await ok("vm start box");
    expect(await power()).toEqual(["running"]);
    expect(await becomes("stopped")).toBe("stopped");
    const { steps } = await operator.json<{ steps: { result: string; name: string }[] }>(["vm", "reinit", "box"]);
    expect(steps.filter(({ result }) => result !== "unchanged")).toEqual([]);
    expect(await ok("vm plan box")).toBe("'box' is in its declared state.\n");
  }, 400_000);

  test("deleted, nothing of it is left: process, files, port, row", async () => {
    await ok("vm delete box --force --yes");
    expect(
      await exec(["pgrep", "-f", `hostfwd=tcp:127.0.0.1:${port}-`], { env: process.env, timeoutMs: 5000 }),
    ).toMatchObject({ code: 1 });
    expect(readdirSync(join(operator.home, "machines"))).toEqual([]);
    expect(await answers(port)).toBe(false);
    expect(operator.rows("SELECT * FROM machines")).toEqual([]);
  }, 60_000);
});

/** Whether somebody listens on a port of this computer. */
async function answers(port: number): Promise<boolean> {
  try {
    (await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => {} } })).end();
    return true;
  } catch {
    return false;
  }
}
