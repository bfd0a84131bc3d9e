import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createAgentPlan } from "../../../cli/plan/agent.ts";
import { createSessionPlan, deleteSessionPlan, stopSessionPlan } from "../../../cli/plan/session.ts";
import { createWorkspacePlan } from "../../../cli/plan/workspace.ts";
import { readOrThrow } from "../../../cli/run/read.ts";
import type { Agent } from "../../../steps/agent/index.ts";
import { prepare, start } from "../../../steps/session/index.ts";
import { parseStatuses, statusRequest } from "../../../steps/session/status.ts";
import type { Workspace } from "../../../steps/workspace/index.ts";
import { agent, bootSlice, place, type Slice, session, workspace } from "./slice.ts";

/** What the command of a hostile session does to what the operator will ask, and what may be said of it then. */
const attacks: Readonly<Record<string, { readonly command: string; readonly status: string }>> = {
  "server-hangs": { command: "kill -STOP $SERVER", status: "unreachable" },
  "socket-hangs": { command: serve("sleep"), status: "unreachable" },
  "socket-floods": {
    command: serve('1 while syswrite $client, "\\e]0;x\\a@session\\tfine\\trunning\\n" x 4096'),
    status: "unreachable",
  },
  "socket-babbles": {
    command: serve('syswrite $client, join "", map { chr int rand 256 } 1 .. 9999; close $client'),
    status: "unreachable",
  },
  "socket-gone": { command: "rm $RUN/tmux", status: "unreachable" },
  "socket-of-the-admin": { command: "ln -sf /run/agentworks/sessions/own/tmux $RUN/tmux", status: "unreachable" },
  "exit-is-a-pipe": { command: "mkfifo $RUN/exit", status: "running" },
  "exit-is-a-secret": { command: "ln -s /etc/shadow $RUN/exit", status: "running" },
  "exit-is-endless": { command: "ln -s /dev/zero $RUN/exit", status: "running" },
  "exit-is-a-directory": { command: "mkdir $RUN/exit", status: "running" },
  "exit-is-text": { command: "printf '0\\n@session\\tfine\\texited\\t0\\t-\\t-\\t-\\n' >$RUN/exit", status: "running" },
  "exit-is-a-lie": { command: "echo 77 >$RUN/exit", status: "exited" },
  "name-is-a-lie": { command: "tmux -S $RUN/tmux rename-session -t =name-is-a-lie fine", status: "unreachable" },
  "session-is-killed": { command: "tmux -S $RUN/tmux kill-server", status: "stopped" },
  hooks: {
    command: `for hook in client-attached client-session-changed after-display-message after-capture-pane; do
      tmux -S $RUN/tmux set-hook -g $hook 'run-shell "id -un >$(mktemp /tmp/ran.XXXXXX)"; detach-client -a -E "id -un >$(mktemp /tmp/ran.XXXXXX)"'; done
      tmux -S $RUN/tmux set -g lock-command 'id -un >$(mktemp /tmp/ran.XXXXXX)' \\; lock-server`,
    status: "running",
  },
};
const names = ["fine", ...Object.keys(attacks)];

/** A server of its own behind the session's socket. */
function serve(answer: string): string {
  return `perl -MIO::Socket::UNIX -e '$SIG{PIPE} = "IGNORE"; unlink "$ENV{RUN}/tmux";
    my $server = IO::Socket::UNIX->new(Local => "$ENV{RUN}/tmux", Listen => 9) or die;
    while (my $client = $server->accept) { push @kept, $client; ${answer.replaceAll("'", "'\\''")}; }'`;
}

setDefaultTimeout(120_000);
let slice: Slice;
let mallory: Agent;
let alice: Agent;
let site: Workspace;
beforeAll(async () => {
  slice = await bootSlice();
  [mallory, alice, site] = [agent(slice, "mallory"), agent(slice, "alice"), workspace(slice, "site")];
  for (const each of [mallory, alice]) await slice.converge(createAgentPlan(each));
  await slice.converge(createWorkspacePlan(site));
  await slice.converge(createSessionPlan(session("fine", alice, site, { command: "sleep 1000" }), place(alice, site)));
  const own = session("own", alice, site, { linuxUser: "agentworks", confined: false, command: "sleep 1000" });
  await slice.converge(createSessionPlan(own, { workspace: site, member: { linuxUser: "agentworks" }, grant: true }));
  // An attack begins when its session is there, so that it meets what asks later.
  const sessions = Object.entries(attacks).map(([name, { command }]) => {
    const run = `RUN=/run/agentworks/sessions/${name}; export RUN; sleep 1.5`;
    const text = `${run}; SERVER=$(pgrep -o -u agt-mallory -f "tmux -D -S $RUN/")\n${command}\nsleep 1000`;
    return session(name, mallory, site, { command: text });
  });
  const plan = createSessionPlan(session("none", mallory, site), place(mallory, site));
  const steps = [...plan.steps.slice(0, 2), ...sessions.flatMap((each) => [prepare(each), start(each)])];
  const { outcome, log } = await slice.apply({ ...plan, steps });
  if (outcome !== "complete") throw new Error(log);
  await Bun.sleep(2000);
}, 300_000);
afterAll(() => slice?.[Symbol.asyncDispose]());

test("a session can lie about itself alone, and holds nobody up", async () => {
  const began = performance.now();
  const answer = await readOrThrow(slice.transport, statusRequest(names), {
    limitMs: 20_000,
    cancel: new AbortController().signal,
  });
  expect(performance.now() - began).toBeLessThan(5000);
  const statuses = parseStatuses(answer, names);
  const told = names.map((name) => [name, statuses?.get(name)?.status]);
  expect(Object.fromEntries(told)).toEqual({
    fine: "running",
    ...Object.fromEntries(Object.entries(attacks).map(([name, { status }]) => [name, status])),
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not come through
  expect(answer).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f]/);
});

test("every one of them stops, keeps what history it gives, and is deleted in time", async () => {
  for (const name of Object.keys(attacks)) {
    const hostile = session(name, mallory, site);
    const began = performance.now();
    const stopped = await slice.apply(stopSessionPlan(hostile));
    expect([name, stopped.outcome]).toEqual([name, "complete"]);
    const deleted = await slice.apply(deleteSessionPlan(hostile, place(mallory, site)));
    expect([name, deleted.outcome]).toEqual([name, "complete"]);
    expect(performance.now() - began).toBeLessThan(20_000);
  }
  expect(await slice.root("pgrep -u agt-mallory -a || true")).toBe("");
  // What its hooks made our clients run, ran as the agent.
  const ran = "stat -c %U /tmp/ran.* | sort -u; cat /tmp/ran.* | sort -u";
  expect(await slice.root(ran)).toBe("agt-mallory\nagt-mallory");
}, 300_000);
