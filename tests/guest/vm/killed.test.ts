import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { at, type Operator, type Running } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { on } from "../machine/lab.ts";
import { lastResults, operatorWithBash, runsOf, statusOf } from "./lab.ts";

let guest: Guest;
let operator: Operator;
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorWithBash(guest);
  await operator.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
}, 300_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

const HOLD =
  "systemd-run --quiet --unit=hold flock /run/agentworks/lock/init sleep 600; until [[ $(flock -n /run/agentworks/lock/init echo free) != free ]]; do sleep 0.02; done";
const RELEASE = "systemctl stop hold";

/** A reinit whose client was killed while its run waits on the guest for a lock that `RELEASE` gives free. */
async function killedReinit(): Promise<Running> {
  await on(guest, HOLD);
  const client = operator.start(["vm", "reinit", "dev"]);
  await client.until("waiting for another process (lock init)");
  client.kill("SIGKILL");
  expect((await client.ended).code).toBe(137);
  expect(runsOf(operator).at(-1)).toMatchObject({ operation: "vm reinit dev", state: "open" });
  return client;
}

interface Described {
  readonly machine: { readonly provisioning: string; readonly init: string };
  readonly live: { readonly status: string };
  readonly openRuns: readonly { readonly id: string; readonly state: string; readonly clientAlive: boolean }[];
}

const describeDev = async () => await operator.json<Described>(["vm", "describe", "dev"]);

/** How the last run is recorded. */
const lastState = () => runsOf(operator).at(-1)?.state;

/** Waits until the run that was left has ended on the guest. */
async function endedUnseen(): Promise<void> {
  const id = runsOf(operator).at(-1)?.id ?? "";
  await on(guest, `until [[ -e /run/agentworks/runs/${id}/ended ]]; do sleep 0.05; done`);
}

beforeEach(() => expect(statusOf(operator)).toBe("complete complete"));

describe("a client that lives", () => {
  test("another terminal follows its run, another command waits or goes, Ctrl-C stops it between two steps", async () => {
    await on(guest, HOLD);
    const client = operator.start(["vm", "reinit", "dev"]);
    await client.until("waiting for another process (lock init)");
    const watching = operator.start(["vm", "logs", "dev", "--follow"]);
    await watching.until("waiting for another process (lock init)");
    const { openRuns } = await describeDev();
    expect(openRuns).toMatchObject([{ state: "running", clientAlive: true, pid: client.pid }]);
    const impatient = await operator.run(["vm", "reinit", "dev", "--no-wait"]);
    expect(impatient).toMatchObject({ code: 1, stderr: expect.stringContaining("is changing init:dev") });
    const waiting = operator.start(["vm", "reinit", "dev"]);
    await waiting.until(`waiting for vm reinit dev (pid ${client.pid})`);
    waiting.kill("SIGINT");
    expect(await waiting.ended).toMatchObject({ code: 130 });
    client.kill("SIGINT");
    expect(await client.ended).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/Cancelling: .*\n(?:.*\n)*Stopped\. .*go on with: agentworks vm reinit dev\n$/),
    });
    expect(await watching.ended).toMatchObject({ stderr: expect.stringContaining("vm reinit dev: interrupted") });
    expect({ state: lastState(), status: statusOf(operator) }).toEqual({
      state: "interrupted",
      status: "complete complete",
    });
    await on(guest, RELEASE);
  }, 30_000);
});

describe("the run still goes on", () => {
  test("describe says so, and leaves it; logs --follow follows it, and Ctrl-C there only leaves it", async () => {
    const { pid } = await killedReinit();
    const { openRuns, machine } = await describeDev();
    expect(openRuns).toMatchObject([{ state: "running", clientAlive: false, pid }]);
    expect(machine).toMatchObject({ provisioning: "complete", init: "in_progress" });
    const watching = operator.start(["vm", "logs", "dev", "--follow"]);
    await watching.until("waiting for another process (lock init)");
    watching.kill("SIGINT");
    expect(await watching.ended).toMatchObject({ code: 130 });
    const following = operator.start(["vm", "logs", "dev", "--follow"]);
    await following.until("waiting for another process (lock init)");
    await on(guest, RELEASE);
    expect(await following.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("vm reinit dev: complete"),
    });
    expect({ state: lastState(), status: statusOf(operator) }).toEqual({
      state: "complete",
      status: "complete complete",
    });
    expect(lastResults(operator)).toEqual({ unchanged: expect.any(Number) });
  }, 30_000);

  test("reinit follows it to its end, and then does its own", async () => {
    await killedReinit();
    const again = operator.start(["vm", "reinit", "dev"]);
    await again.until("vm reinit dev was left on its own");
    await again.until("waiting for another process (lock init)");
    await on(guest, RELEASE);
    expect(await again.ended).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("vm reinit dev ended: complete"),
    });
    expect(
      runsOf(operator)
        .slice(-2)
        .map(({ state }) => state),
    ).toEqual(["complete", "complete"]);
  }, 30_000);
});

describe("it ended well", () => {
  for (const argv of [
    ["vm", "describe", "dev"],
    ["vm", "reinit", "dev"],
  ]) {
    test(`${argv[1]} collects it`, async () => {
      await killedReinit();
      await on(guest, RELEASE);
      await endedUnseen();
      const mark = await guest.mark();
      const ran = await operator.run(argv);
      expect(ran).toMatchObject({ code: 0, stderr: expect.stringContaining("vm reinit dev ended: complete") });
      expect(await guest.acceptedLogins(mark)).toBeLessThan(3);
      expect(runsOf(operator).filter(({ state }) => state === "open")).toEqual([]);
      expect(lastResults(operator)).toEqual({ unchanged: expect.any(Number) });
    }, 30_000);
  }
});

describe("it ended badly", () => {
  const BREAK =
    "rm /etc/systemd/logind.conf.d/agentworks.conf; chmod 700 /etc/systemd/logind.conf.d; mount -t tmpfs -o ro none /etc/systemd/logind.conf.d";
  const REPAIR = "umount /etc/systemd/logind.conf.d; chmod 755 /etc/systemd/logind.conf.d";

  test("describe says so; a reinit tries again, and ends badly before our eyes, and well when it can", async () => {
    await killedReinit();
    await on(guest, BREAK);
    await on(guest, RELEASE);
    await endedUnseen();
    const described = await operator.run(["vm", "describe", "dev"]);
    expect(described.stderr).toContain("vm reinit dev ended: failed");
    expect(described.stdout).toContain("init_failed  logind keeps shared memory");
    expect({ state: lastState(), status: statusOf(operator) }).toEqual({ state: "failed", status: "complete failed" });
    const failed = await operator.run(["vm", "reinit", "dev", "--non-interactive"]);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /step 'logind keeps shared memory' failed \(log: .*\n.*agentworks vm reinit dev\n$/,
      ),
    });
    await on(guest, REPAIR);
    expect(await operator.run(["vm", "reinit", "dev"])).toMatchObject({ code: 0 });
  }, 30_000);
});

describe("the machine was restarted meanwhile", () => {
  for (const argv of [
    ["vm", "describe", "dev"],
    ["vm", "reinit", "dev"],
  ]) {
    test(`${argv[1]} says so`, async () => {
      await killedReinit();
      await guest.reboot();
      const ran = await operator.run(argv);
      expect(ran).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("vm reinit dev did not end: 'dev' was restarted"),
      });
      const states = runsOf(operator).map(({ state }) => state);
      expect(states).toContain("lost");
      expect(states).not.toContain("open");
      if (argv[1] === "describe") {
        // It was ready before: it still works.
        expect(statusOf(operator)).toBe("complete partial");
        await operator.ok(["vm", "reinit", "dev"]);
      }
    }, 60_000);
  }
});

describe("the machine does not answer", () => {
  test("describe says so within 6 s, reinit fails, and nothing is taken for ended", async () => {
    await killedReinit();
    await on(guest, "systemctl stop ssh");
    const described = await operator.run(["vm", "describe", "dev", "--json"]);
    expect(described.ms).toBeLessThan(6000);
    const { live, openRuns } = (JSON.parse(described.stdout) as { data: Described }).data;
    expect({ live: live.status, open: openRuns.map(({ state }) => state) }).toEqual({
      live: "unreachable",
      open: ["unreachable"],
    });
    const reinit = await operator.run(["vm", "reinit", "dev"]);
    expect(reinit).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
    expect({ state: lastState(), status: statusOf(operator) }).toEqual({
      state: "open",
      status: "complete in_progress",
    });
    await on(guest, `systemctl start ssh; ${RELEASE}`);
    expect(await operator.run(["vm", "reinit", "dev"])).toMatchObject({ code: 0 });
  }, 60_000);
});
