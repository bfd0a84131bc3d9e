import { expect, test } from "bun:test";
import { createSessionPlan, deleteSessionPlan, stopSessionPlan } from "../../../cli/plan/session.ts";
import { environmentFile, environmentProblem } from "../../../steps/session/environment.ts";
import { programs, type Session } from "../../../steps/session/index.ts";
import { parseStarted } from "../../../steps/session/started.ts";
import { parseStatuses, type SessionStatus, statusRequest } from "../../../steps/session/status.ts";
import { remoteCommand } from "../../../steps/session/words.ts";

const session: Session = {
  name: "work",
  workspacePath: "/opt/agentworks/workspaces/site",
  linuxUser: "agt-claude",
  confined: true,
  command: "claude",
  environment: { KEY: "value" },
  historyLimit: 50_000,
  installation: "i",
  record: '{"installation":"i"}',
};
const place = {
  workspace: { name: "site", linuxUser: "ws-site", path: session.workspacePath },
  member: { linuxUser: "agt-claude", agent: "claude" },
  grant: true,
};
const ids = (plan: { readonly steps: readonly { readonly id: string }[] }) => plan.steps.map(({ id }) => id);

test("a session takes what it stands on, and nothing that init takes alone", () => {
  const plan = createSessionPlan(session, place);
  expect(plan).toMatchObject({ locks: ["workspace-site", "agent-claude", "session-work"], exclusive: false });
  expect(ids(plan)).toEqual(["workspace/grant", "workspace/safe-directory", "session/prepare", "session/start"]);
  expect(ids(createSessionPlan(session, { ...place, grant: false }))).toEqual(["session/prepare", "session/start"]);
  expect(plan.steps[2]?.values).toMatchObject({ COMMAND: "claude", ENVIRONMENT: 'KEY="value"\n', CONFINED: "yes" });
});

test("stopping takes the session alone; deleting also undoes the grant that it brought", () => {
  expect(stopSessionPlan(session)).toMatchObject({ locks: ["session-work"], steps: [{ id: "session/stop" }] });
  expect(deleteSessionPlan(session, { ...place, grant: false })).toMatchObject({ locks: ["session-work"] });
  expect(ids(deleteSessionPlan(session, { ...place, grant: false }))).toEqual(["session/gone"]);
  expect(ids(deleteSessionPlan(session, place))).toEqual([
    "session/gone",
    "workspace/revoke",
    "workspace/safe-directory-gone",
  ]);
});

test("its unit has no place for a command or a value", () => {
  const unit = String(createSessionPlan(session, place).steps[2]?.values.UNIT);
  expect(
    [...unit.matchAll(/@[A-Z_]+@/g)].map(String).filter((word, index, all) => all.indexOf(word) === index),
  ).toEqual([...["@SESSION@", "@LINUX_USER@", "@UID@", "@CONFINED@", "@HISTORY_LIMIT@"]]);
});

test("the programs are root's files below /etc/agentworks, each once", () => {
  const files = programs().values.FILES as readonly string[];
  expect(files.every((file) => file.startsWith("/etc/agentworks/"))).toBe(true);
  expect(new Set(files).size).toBe(files.length);
});

test("variables are quoted for systemd, and what it would drop is refused", () => {
  expect(environmentFile({ A: 'a "b" $c `d` \\e\n', B: "" })).toBe('A="a \\"b\\" \\$c \\`d\\` \\\\e\n"\nB=""\n');
  for (const value of ["\0", "\r", "\x1b[31m", "\x7f", "\ud800"])
    expect(environmentProblem(value)).toStartWith("must ");
  for (const value of ["", "a\nb\tc", "ü😀\u2028", " x "]) expect(environmentProblem(value)).toBeUndefined();
  expect(() => environmentFile({ A: "\r" })).toThrow("the variable A must not contain control characters");
});

test("a start's report is one of two", () => {
  expect(parseStarted('{"status":"running"}')).toEqual({ status: "running" });
  const output = Buffer.from("no such program\n\n\n").toString("base64");
  expect(parseStarted(`{"status":"exited","code":127,"output":"${output}"}`)).toEqual({
    status: "exited",
    code: 127,
    output: "no such program",
  });
  for (const bad of [
    '{"status":"exited","code":256,"output":""}',
    '{"status":"exited","code":1,"output":"\\u001b"}',
    "{}",
  ]) {
    expect(() => parseStarted(bad)).toThrow();
  }
});

test("of the answer about statuses only known lines about sessions that were asked for count", () => {
  const lines = [
    "@session\ta\trunning\t-\t12\t4096\t7",
    "@session\tb\texited\t3\t-\t-\t-",
    "@session\tc\tstopped\t-\t-\t-\t-",
    "@session\td\texited\t256\t-\t-\t-",
    "@session\te\tfine\t-\t-\t-\t-",
    "@session\tstranger\tstopped\t-\t-\t-\t-",
    "@session\tf\trunning\t-\t-1\t-\t-",
    "noise",
    "@sessions\tend",
  ];
  const unknown: SessionStatus = { status: "unknown", memory: null, cpu: null };
  expect(Object.fromEntries(parseStatuses(lines.join("\n"), [..."abcdef"]) ?? [])).toEqual({
    a: { status: "running", idle: 12, memory: 4096, cpu: 7 },
    b: { status: "exited", code: 3, memory: null, cpu: null },
    c: { status: "stopped", memory: null, cpu: null },
    ...{ d: unknown, e: unknown, f: unknown },
  });
  expect(parseStatuses(lines.slice(0, -1).join("\n"), ["a"])).toBeUndefined();
  expect(statusRequest(["a", "b"])).toEndWith("}\na b\n");
});

test("a remote command has no character that a shell reads", () => {
  const words = remoteCommand(["printf", "", "--", "'$(id)'\n", "ü😀"], "/a b");
  expect(words.every((word) => /^[A-Za-z0-9_./-]+$/.test(word))).toBe(true);
  expect(words.slice(1).map((word) => Buffer.from(word.slice(1), "base64url").toString())).toEqual([
    ...["/a b", "printf", "", "--", "'$(id)'\n", "ü😀"],
  ]);
});
