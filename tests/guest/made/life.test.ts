import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { z } from "zod";
import { documentOf } from "../../schemas/document.ts";
import { machineChange, vmDescribe, vmList, vmLogs, vmPlan, vmStart, vmStop } from "../../schemas/vm.ts";
import { type Lab, machinesOf, makeLab, openRuns } from "./lab.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await makeLab({ paper: false });
}, 300_000);
afterAll(async () => {
  await lab?.operator.run(["vm", "delete", "dev", "--yes", "--force"]);
  await lab?.[Symbol.asyncDispose]();
});

const run = (line: string) => lab.operator.run(line.split(" "));
const ok = (line: string) => lab.operator.ok(line.split(" "));
const CREATE = "vm create dev --non-interactive";

/** The document that a command prints, as the schema has it. */
async function document(line: string, data: z.ZodType): Promise<void> {
  const [noun, verb] = line.split(" ");
  const { error } = documentOf(`${noun} ${verb}`, data).safeParse(JSON.parse(await ok(`${line} --json`)));
  expect([line, error?.issues]).toEqual([line, undefined]);
}

/** How the machine is, in the state. */
const status = () => machinesOf(lab).map(({ provisioning, init }) => `${provisioning} ${init}`)[0];

describe("a machine that is not made at once", () => {
  beforeEach(() => lab.strike());

  test("killed when it was made: the next command goes on with it; interrupted then, it removes it", async () => {
    lab.strike({ call: "create", when: "after", what: "killed" });
    expect((await run(CREATE)).code).toBe(137);
    expect(lab.machines()).toHaveLength(1);
    const client = lab.operator.start(CREATE.split(" "));
    await client.until("ok  record of the machine");
    client.kill("SIGINT");
    const { code, stderr } = await client.ended;
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringContaining("nothing of 'dev' is left on qemu"),
    });
    expect(machinesOf(lab)).toEqual([]);
    expect(lab.machines()).toEqual([]);
  }, 120_000);

  test("killed in its first run, and again when that had closed the login it began with: the next command goes on", async () => {
    const client = lab.operator.start(CREATE.split(" "));
    await client.until("ok  record of the machine");
    client.kill("SIGKILL");
    await client.ended;
    const [left] = machinesOf(lab);
    expect(status()).toBe("in_progress in_progress");
    const again = lab.operator.start(CREATE.split(" "));
    await again.until("vm create dev: complete");
    again.kill("SIGKILL");
    await again.ended;
    const last = await run(CREATE);
    expect({ code: last.code, stderr: last.code === 0 ? "" : last.stderr }).toEqual({ code: 0, stderr: "" });
    expect(status()).toBe("complete complete");
    expect(machinesOf(lab)[0]?.platform_id).toBe(left?.platform_id ?? "");
    expect(openRuns(lab)).toEqual([]);
  }, 120_000);
});

describe("a machine's life", () => {
  test("it is in its declared state, and a second reinit finds it so", async () => {
    expect(await run("vm plan dev")).toMatchObject({ code: 0, stdout: "'dev' is in its declared state.\n" });
    const { steps } = await lab.operator.json<{ steps: { result: string }[] }>(["vm", "reinit", "dev"]);
    expect(new Set(steps.map(({ result }) => result))).toEqual(new Set(["unchanged"]));
    expect(await ok("vm exec dev -- hostname")).toBe("dev\n");
    expect(await lab.operator.json<object>(["vm", "list"])).toMatchObject([{ name: "dev", power: "running" }]);
  }, 60_000);

  test("what is told of it has every field", async () => {
    const told = {
      "vm list --live": vmList,
      "vm describe dev": vmDescribe,
      "vm plan dev": vmPlan,
      "vm reinit dev": machineChange,
      "vm start dev": vmStart,
      "vm logs dev --serial": vmLogs,
    };
    for (const [line, data] of Object.entries(told)) await document(line, data);
  }, 60_000);

  test("a session runs on it, and is stopped with it", async () => {
    await ok("workspace create site");
    await ok("agent create claude");
    await lab.operator.ok(["session", "create", "fix", "--agent", "claude", "--command", "sleep 1000"]);
    expect(await ok("session list --status running --names-only")).toBe("fix\n");
    lab.calls();
    await document("vm stop dev", vmStop);
    expect(await lab.operator.json<object>(["vm", "list"])).toMatchObject([{ name: "dev", power: "stopped" }]);
    const { code, stdout, stderr } = await run("session list --status stopped --names-only");
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "fix\n", stderr: "" });
    expect(await run("session stop fix")).toMatchObject({ code: 1, stderr: expect.stringContaining("vm start dev") });
    expect(await run("vm exec dev true")).toMatchObject({ code: 1, stderr: expect.stringContaining("vm start dev") });
    expect(lab.calls()).not.toContain("start");
  }, 60_000);

  test("a login costs no question of the platform while it runs; off, it is started by what needs it", async () => {
    expect(await ok("vm start dev")).toBe("VM 'dev' is started.\n");
    lab.calls();
    expect(await ok("vm exec dev -- id -un")).toBe("agentworks\n");
    await ok("agent create ada");
    expect(lab.calls()).toEqual([]);
    expect(await ok("session list --status stopped --names-only")).toBe("fix\n");
    await lab.halt();
    const woken = await run("agent create bob");
    expect(woken).toMatchObject({ code: 0, stderr: expect.stringContaining("'dev' is stopped: starting it.\n") });
    await lab.halt();
    const shell = await run("vm exec dev -- id -un");
    expect(shell).toMatchObject({ code: 0, stdout: "agentworks\n", stderr: expect.stringContaining("starting it") });
    expect(lab.calls().filter((call) => call === "start")).toHaveLength(2);
    const killed = lab.operator.start(["agent", "create", "eve"]);
    await killed.until("ok  user agt-eve");
    killed.kill("SIGKILL");
    await killed.ended;
    await lab.halt();
    expect(await run("agent create eve")).toMatchObject({ code: 0, stderr: expect.stringContaining("starting it") });
    expect(openRuns(lab)).toEqual([]);
    expect(await run("vm plan dev")).toMatchObject({ code: 0 });
  }, 60_000);

  test("deleted, nothing of it is left: rows, keys, the machine", async () => {
    expect(await run("vm delete dev --yes")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("sessions: fix"),
    });
    expect(await ok("vm delete dev --yes --force")).toBe("VM 'dev' is deleted.\n");
    expect({ rows: machinesOf(lab), machines: lab.machines(), known: await lab.known() }).toEqual({
      ...{ rows: [], machines: [], known: false },
    });
  }, 60_000);
});
