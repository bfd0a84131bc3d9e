import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import type { Step } from "../../../steps/step.ts";
import { newId, run, type Told, toy } from "../../unit/engine/sandbox.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { startProxy } from "../harness/proxy.ts";
import { killable, transportTo } from "./lab.ts";

setDefaultTimeout(240_000);
let guest: Guest;
/** These take a minute of waiting: they go on beside the other tests. */
let silence: Promise<readonly { readonly gap: number; check(): Promise<void> }[]>;
beforeAll(async () => {
  guest = await bootGuest();
  silence = Promise.all([fallSilent("hello"), fallSilent("started")]);
}, 300_000);
afterAll(() => guest?.dispose());

const STEPS = 20;
/** What a plan of 20 steps prints and leaves: a line in `file` for each time that a step ran. */
function plan(file: string): readonly Step[] {
  return Array.from({ length: STEPS }, (_, index) =>
    toy(
      {
        check: [`grep -qx ${index} '${file}' 2>/dev/null`],
        apply: [`for n in {1..30}; do echo "line $n of ${index}"; done`, "sleep 0.12", `echo ${index} >>'${file}'`],
        report: [`echo report ${index}`],
      },
      {},
      { id: `toy/cut-${index}`, name: `step ${index}` },
    ),
  );
}

/** Everything told, each word once, and each step done once. */
async function expectWhole(told: Told, file: string): Promise<void> {
  expect(told).toMatchObject({ end: { kind: "ended" }, outcome: "complete" });
  expect(told.steps.map((step) => step.report)).toEqual(Array.from({ length: STEPS }, (_, n) => `report ${n}\n`));
  const kinds = ["started", "report", "result"];
  expect(told.events.map((event) => event.kind)).toEqual([
    ...["run", ...Array.from({ length: STEPS }, () => kinds).flat(), "end"],
  ] as (typeof told.events)[number]["kind"][]);
  const lines = told.log.filter((line) => line.startsWith("line"));
  expect(lines).toEqual(
    Array.from({ length: STEPS }, (_, index) =>
      Array.from({ length: 30 }, (_, n) => `line ${n + 1} of ${index}`),
    ).flat(),
  );
  expect((await guest.readFile(file)).trim().split("\n")).toEqual(Array.from({ length: STEPS }, (_, n) => String(n)));
}

/** A run whose first connection falls silent; `gap` is how long nothing was heard. */
async function fallSilent(when: "hello" | "started") {
  const file = `/root/silent-at-${when}`;
  const first = await startProxy({ target: guest });
  // The first connection goes through the one that falls silent, the next ones past it.
  const target = { host: "127.0.0.1", port: first.port };
  const door = await startProxy({ target });
  let silent = 0;
  let gap = 0;
  const told = await run(transportTo({ guest, port: door.port }), plan(file), {
    reconnectMs: 100_000,
    onEvent: (event) => {
      if (event.kind === "hello" && silent > 0) gap = Date.now() - silent;
      if (event.kind !== when || silent > 0) return;
      silent = Date.now();
      first.silence();
      target.host = guest.host;
      target.port = guest.port;
    },
  });
  await Promise.all([door.stop(), first.stop()]);
  return { gap, check: () => expectWhole(told, file) };
}

test("a run is a transient unit of its own, and leaves none", async () => {
  const id = newId();
  let during = "";
  const told = await run(transportTo({ guest }), [toy({ apply: ["cat /proc/self/cgroup", "sleep 1"] })], {
    id,
    onOutput: (line) => {
      during += line;
    },
  });
  expect(told.outcome).toBe("complete");
  expect(during).toContain(`/system.slice/agentworks-run-${id}.service`);
  expect((await guest.bash(`systemctl list-units --all 'agentworks-run-${id}*' --no-legend | wc -l`)).stdout).toBe(
    "0\n",
  );
});

test("what a step leaves running ends with the run, and holds up nobody", async () => {
  const told = await run(transportTo({ guest }), [toy({ apply: ["setsid sleep 4321 &"] })]);
  expect(told.outcome).toBe("complete");
  expect(told.ms).toBeLessThan(5000);
  await Bun.sleep(300);
  expect((await guest.bash("pgrep -f '[s]leep 4321' || true")).stdout).toBe("");
});

test("ssh killed again and again during one run: it goes on, and is told whole", async () => {
  const file = "/root/killed-at-twenty";
  const transport = killable(transportTo({ guest }));
  const gaps: number[] = [];
  let cut = 0;
  const told = await run(transport, plan(file), {
    onEvent: (event) => {
      if (cut > 0 && event.kind === "hello") gaps.push(Date.now() - cut);
      if (event.kind !== "started") return;
      cut = Date.now();
      transport.kill();
    },
  });
  await expectWhole(told, file);
  // While a connection is away several steps begin; each new connection is cut at the first that it tells.
  expect(transport.opened()).toBeGreaterThan(3);
  expect(Math.max(...gaps)).toBeLessThan(5000);
});

test("20 runs, each cut by the network at another point: all go on, resume within 5 s, and are told whole", async () => {
  const one = async (point: number) => {
    const file = `/root/cut-at-${point}`;
    const proxy = await startProxy({ target: guest });
    const steps = plan(file);
    let cut = 0;
    let gap = 0;
    try {
      const told = await run(transportTo({ guest, port: proxy.port }), steps, {
        onEvent: (event) => {
          if (event.kind === "hello" && cut > 0) gap = Date.now() - cut;
          if (event.kind !== "started" || event.step !== point || cut > 0) return;
          cut = Date.now();
          proxy.cut();
        },
      });
      await expectWhole(told, file);
      expect(cut).toBeGreaterThan(0);
      expect(gap).toBeGreaterThan(0);
      expect(gap).toBeLessThan(5000);
    } finally {
      await proxy.stop();
    }
  };
  const points = Array.from({ length: STEPS }, (_, index) => index + 1);
  for (let group = 0; group < points.length; group += 5) await Promise.all(points.slice(group, group + 5).map(one));
});

test("cut during login and upload: nothing half-sent starts; it is sent again, and runs once", async () => {
  const one = async (up: number) => {
    const file = `/root/torn-at-${up}`;
    const proxy = await startProxy({ target: guest });
    proxy.cutAfterBytes({ up });
    try {
      // A large value: the upload takes many packets.
      const big = toy({ apply: [`echo ran >>'${file}'`], report: ['echo "${#BIG}"'] }, { BIG: "x".repeat(300_000) });
      const told = await run(transportTo({ guest, port: proxy.port }), [big], { loginMs: 20_000 });
      expect(told).toMatchObject({ end: { kind: "ended" }, outcome: "complete" });
      expect(told.steps[0]?.report).toBe("300000\n");
      expect(await guest.readFile(file)).toBe("ran\n");
    } finally {
      await proxy.stop();
    }
  };
  const points = [20, 1500, 3000, 4500, 6000, 8000, 12_000, 50_000, 150_000, 250_000, 310_000, 318_000];
  for (let group = 0; group < points.length; group += 4) await Promise.all(points.slice(group, group + 4).map(one));
});

test("a network that falls silent, at the greeting and during the run: within 75 s it goes on over a new connection", async () => {
  for (const { gap, check } of await silence) {
    await check();
    expect(gap).toBeGreaterThan(10_000);
    expect(gap).toBeLessThan(75_000);
  }
  // By now no connection of any test is left, and nothing of those that were cut.
  const left = "for n in {1..100}; do ls -A /run/agentworks/runs | grep -q '^[.]' || break; sleep 0.1; done; echo $n";
  expect((await guest.bash(left)).stdout).not.toBe("100\n");
});

test("a reboot in the middle: the run is lost, and does not begin again", async () => {
  const file = "/root/rebooted";
  let rebooting: Promise<void> | undefined;
  const told = await run(transportTo({ guest }), plan(file), {
    onEvent: (event) => {
      if (event.kind === "started" && event.step === 5) rebooting = guest.reboot();
    },
  });
  await rebooting;
  expect(told.end).toEqual({ kind: "lost" });
  expect((await guest.readFile(file)).trim().split("\n").length).toBeLessThan(STEPS);
  expect((await run(transportTo({ guest }), [], { id: told.id, followOnly: true })).end).toEqual({ kind: "lost" });
  expect((await run(transportTo({ guest }), [toy({ apply: [":"] })])).outcome).toBe("complete");
});
