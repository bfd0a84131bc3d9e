import { expect, setDefaultTimeout, test } from "bun:test";
import { type FollowOptions, follow, type Request } from "../../../cli/run/follow.ts";
import type { Transport } from "../../../providers/transport.ts";
import type { Event } from "../../../steps/events.ts";
import { render } from "../../../steps/render.ts";
import { planOf, toy } from "./sandbox.ts";
import { theatre } from "./theatre.ts";

setDefaultTimeout(30_000);

const BOOT = "6f1c9a35-6a3f-4d7e-9b6e-1f2f3a4b5c6d";
const hello = (known: boolean, boot = BOOT) => `\n@agw\t0\thello\t${boot}\t${known ? "known" : ""}\n`;
const BEGUN = "@agw\t1\trun\t1\n@agw\t2\tstep\t1\tstart\ta\t\tname\n";
const ENDED = "@agw\t3\tstep\t1\tchanged\n@agw\t4\tend\tcomplete\n";
const BYE = "\n@agw\t0\tbye\t\t\n";

async function play(
  { transport }: { transport: Transport },
  options: Partial<FollowOptions> = {},
  request: Partial<Request> = {},
) {
  const events: Event[] = [];
  const notes: string[] = [];
  const script = render(planOf([toy({ apply: [":"] }, {}, { id: "toy/played" })]), "apply");
  const never = new AbortController().signal;
  const end = await follow(
    transport,
    { id: "0123456789abcdef", script, wait: true, ...request },
    { event: (event) => events.push(event), output: () => {}, note: (text) => notes.push(text) },
    { cancel: never, abandon: never, loginMs: 3000, reconnectMs: 3000, ...options },
  );
  return { end, notes, kinds: events.map((event) => event.kind) };
}

/** A request that only follows. */
async function collecting(stage: ReturnType<typeof theatre>, options: Partial<FollowOptions> = {}) {
  const never = new AbortController().signal;
  const listener = { event: () => {}, output: () => {}, note: () => {} };
  const patience = { cancel: never, abandon: never, loginMs: 500, reconnectMs: 3000, ...options };
  return await follow(stage.transport, { id: "0123456789abcdef", wait: true }, listener, patience);
}

test("the script is sent when the machine has said who it is, and not before", async () => {
  const stage = theatre([{ stdout: hello(false), later: BEGUN + ENDED + BYE, code: 0 }]);
  const { end, kinds } = await play(stage);
  expect(end).toEqual({ kind: "ended" });
  expect(kinds).toEqual(["hello", "run", "started", "result", "end", "bye"]);
  const silent = theatre([], { code: 255 });
  await play(silent, { loginMs: 0 });
  expect(silent.sent.join("")).not.toContain("STEP_COUNT=");
});

test("a login that was refused is not tried again", async () => {
  const stage = theatre([{ code: 255, stderr: "Permission denied (publickey).\n" }]);
  const { end } = await play(stage);
  expect(end).toEqual({
    kind: "unreachable",
    sent: false,
    message: "255: Permission denied (publickey).",
    next: "look",
  });
});

test("a login that was never judged is tried again, with pauses that grow and differ", async () => {
  const stage = theatre([
    { code: 255 },
    { code: 255 },
    { code: 255 },
    { stdout: hello(false), later: BEGUN + ENDED + BYE, code: 0 },
  ]);
  expect((await play(stage)).end).toEqual({ kind: "ended" });
  const pauses = stage.times.slice(1).map((time, index) => time - (stage.times[index] ?? 0));
  for (const [index, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThan(250 * 2 ** index * 0.5 - 5);
    expect(pause).toBeLessThan(250 * 2 ** index * 1.5 + 300);
  }
});

test("after loginMs it is given up", async () => {
  const stage = theatre([], { code: 255, stderr: "Connection reset by peer" });
  const began = Date.now();
  const { end } = await play(stage, { loginMs: 1000 });
  expect(end).toMatchObject({ kind: "unreachable", sent: false });
  expect(Date.now() - began).toBeGreaterThan(1000);
  expect(Date.now() - began).toBeLessThan(4000);
});

test("after the run was sent, also a refused login is tried again, and the run may go on", async () => {
  const refused = { code: 255, stderr: "Permission denied" };
  const stage = theatre([{ stdout: hello(false), later: BEGUN, code: 255 }, refused], {
    stdout: hello(true) + ENDED + BYE,
    code: 0,
  });
  const { end, notes, kinds } = await play(stage);
  expect(end).toEqual({ kind: "ended" });
  expect(notes).toHaveLength(1);
  expect(kinds.filter((kind) => kind === "end")).toHaveLength(1);
  expect(stage.sent[2]).toContain(`wait ${BEGUN.length} 0\n`);
  const gone = theatre([{ stdout: hello(false), later: BEGUN, code: 255 }], refused);
  expect((await play(gone, { reconnectMs: 800 })).end).toMatchObject({ kind: "unreachable", sent: true });
});

test("half a line at the end of a connection counts for nothing", async () => {
  const half = "@agw\t2\tstep\t1\tstart\ta\t\tna";
  const first = "@agw\t1\trun\t1\n";
  const stage = theatre([{ stdout: hello(false), later: first + half, code: 255 }], {
    stdout: hello(true) + BEGUN.slice(first.length) + ENDED + BYE,
    code: 0,
  });
  const { kinds } = await play(stage);
  expect(kinds.filter((kind) => kind === "started")).toHaveLength(1);
  expect(stage.sent[1]).toContain(`wait ${first.length} 0\n`);
});

test("another boot, or a run that is gone, is lost: it is not begun again", async () => {
  const begun = { stdout: hello(false), later: BEGUN, code: 255 };
  for (const greeting of [hello(false, BOOT.replace("6", "7")), hello(true, BOOT.replace("6", "7")), hello(false)]) {
    const stage = theatre([begun, { stdout: greeting, code: 0, ms: 50 }]);
    expect((await play(stage)).end).toEqual({ kind: "lost" });
    expect(stage.sent[1]).not.toContain("STEP_COUNT=");
  }
});

test("what was torn is sent again on the same boot", async () => {
  const stage = theatre([{ stdout: hello(false), later: "\n@agw\t0\ttorn\n", code: 74 }], {
    stdout: hello(false),
    later: BEGUN + ENDED + BYE,
    code: 0,
  });
  expect((await play(stage)).end).toEqual({ kind: "ended" });
});

test("a connection that lived, though the run told nothing, is not held against the machine", async () => {
  const alive = { stdout: hello(true), code: 255, ms: 5200 };
  const stage = theatre([alive], { stdout: hello(true) + BEGUN + ENDED + BYE, code: 0 });
  expect((await play(stage, { reconnectMs: 1000 })).end).toEqual({ kind: "ended" });
});

test("a machine that greets and breaks off, again and again, is given up", async () => {
  const stage = theatre([], { stdout: hello(false), later: "", code: 255 });
  expect((await play(stage, { reconnectMs: 700 })).end).toMatchObject({ kind: "unreachable", sent: true });
});

test("a machine's refusal is told in its words; a killed run vanished", async () => {
  const refusing = theatre([{ stdout: `${hello(false)}\n@agw\t0\tnostart\tcannot write to /run\t\n`, code: 0 }]);
  expect((await play(refusing)).end).toEqual({ kind: "refused", message: "cannot write to /run" });
  const killed = theatre([{ stdout: hello(true) + BEGUN + BYE, code: 0 }]);
  expect((await play(killed)).end).toEqual({ kind: "vanished" });
});

test("cancelling during logins ends them at once, with nothing sent", async () => {
  const stage = theatre([], { code: 255 });
  const began = Date.now();
  const { end } = await play(stage, { cancel: AbortSignal.timeout(300), loginMs: 20_000 });
  expect(end).toEqual({ kind: "cancelled" });
  expect(Date.now() - began).toBeLessThan(1500);
  expect(stage.sent.join("")).not.toContain("STEP_COUNT=");
});

test("cancelling while the connection is lost is told to the machine by the next one", async () => {
  const cancel = new AbortController();
  const stage = theatre([{ stdout: hello(false), later: BEGUN, code: 255 }], {
    stdout: hello(true) + ENDED + BYE,
    code: 0,
    ms: 50,
  });
  setTimeout(() => cancel.abort(), 60);
  expect((await play(stage, { cancel: cancel.signal })).end).toEqual({ kind: "ended" });
  expect(stage.sent[1]).toEndWith("\ncancel\n");
});

test("leaving is possible at any time", async () => {
  const hanging = { stdout: hello(true), code: 0, ms: 60_000 };
  expect((await play(theatre([hanging]), { abandon: AbortSignal.timeout(100) })).end).toEqual({ kind: "abandoned" });
  const failing = theatre([], { code: 255 });
  expect((await play(failing, { abandon: AbortSignal.timeout(400), loginMs: 20_000 })).end).toEqual({
    kind: "abandoned",
  });
});

test("asking after an old run: unreachable means that it may go on, and Ctrl-C does not touch it", async () => {
  expect(await collecting(theatre([], { code: 255 }))).toMatchObject({ kind: "unreachable", sent: true });
  const left = await collecting(theatre([], { code: 255 }), { cancel: AbortSignal.timeout(200), loginMs: 10_000 });
  expect(left).toEqual({ kind: "abandoned" });
  expect(await collecting(theatre([{ stdout: `${hello(false)}\n@agw\t0\tlost\n`, code: 0 }]))).toEqual({
    kind: "lost",
  });
});

test("asking after an old run: a server that reloads refuses for a moment, and is asked again; a new run is not sent there", async () => {
  const refused = { code: 255, stderr: "ssh: connect to host dev port 22: Connection refused\n" };
  const answer = { stdout: hello(true) + ENDED + BYE, code: 0 };
  expect(await collecting(theatre([refused, answer]))).toEqual({ kind: "ended" });
  expect(await collecting(theatre([], refused))).toMatchObject({ kind: "unreachable", sent: true });
  expect((await play(theatre([refused]))).end).toMatchObject({ kind: "unreachable", sent: false });
});

test("a connection that is open already is used first", async () => {
  const stage = theatre([{ stdout: hello(false), later: BEGUN, code: 255 }], {
    stdout: hello(true) + ENDED + BYE,
    code: 0,
  });
  const channel = stage.transport.open({});
  expect((await play(stage, {}, { channel })).end).toEqual({ kind: "ended" });
  expect(stage.sent).toHaveLength(2);
});
