import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createAgentPlan, deleteAgentPlan } from "../../../cli/plan/agent.ts";
import { createSessionPlan, deleteSessionPlan, stopSessionPlan } from "../../../cli/plan/session.ts";
import { createWorkspacePlan, deleteWorkspacePlan } from "../../../cli/plan/workspace.ts";
import { readOrThrow } from "../../../cli/run/read.ts";
import type { Agent } from "../../../steps/agent/index.ts";
import { ATTACH, prepare, type Session, start } from "../../../steps/session/index.ts";
import { parseStarted } from "../../../steps/session/started.ts";
import { parseStatuses, statusRequest } from "../../../steps/session/status.ts";
import type { Workspace } from "../../../steps/workspace/index.ts";
import { attach } from "./attach.ts";
import { noise } from "./noise.ts";
import { agent, bootSlice, place, type Slice, session, workspace } from "./slice.ts";

setDefaultTimeout(60_000);
let slice: Slice;
let claude: Agent;
let site: Workspace;
beforeAll(async () => {
  slice = await bootSlice();
  [claude, site] = [agent(slice, "claude"), workspace(slice, "site")];
  await slice.converge(createAgentPlan(claude));
  await slice.converge(createWorkspacePlan(site));
}, 300_000);
afterAll(() => slice?.[Symbol.asyncDispose]());

async function create(made: Session) {
  const { reports } = await slice.converge(createSessionPlan(made, place(claude, site)));
  return parseStarted(reports[`session/start@${made.name}`] ?? "");
}

async function statusOf(name: string) {
  const answer = await readOrThrow(slice.transport, statusRequest([name]), {
    limitMs: 20_000,
    cancel: new AbortController().signal,
  });
  return parseStatuses(answer, [name])?.get(name);
}

const made = (name: string, change: Partial<Session> = {}) => session(name, claude, site, change);
/** Every process of the agent, ours that ask included. */
const processes = () => slice.root("pgrep -u agt-claude -a || true");

test("a login shell runs in the workspace until it is stopped, and starts again", async () => {
  const shell = made("shell");
  expect(await create(shell)).toEqual({ status: "running" });
  expect(await statusOf("shell")).toMatchObject({
    status: "running",
    idle: expect.any(Number),
    cpu: expect.any(Number),
  });
  await slice.converge(stopSessionPlan(shell));
  expect(await statusOf("shell")).toMatchObject({ status: "stopped" });
  expect(await processes()).toBe("");
  expect(await create(shell)).toEqual({ status: "running" });
  await slice.converge(deleteSessionPlan(shell, place(claude, site)));
  expect(await statusOf("shell")).toMatchObject({ status: "unknown" });
});

test("the operator attaches as the agent, with a terminal that Debian does not know, and detaches", async () => {
  await create(made("seen"));
  const screen = await attach(slice.guest, "seen", "agt-claude", ["id -un; pwd; tty; echo $TERM\r", "stty size\r"]);
  expect(screen.text).toContain("agt-claude");
  expect(screen.text).toContain("/opt/agentworks/workspaces/site");
  expect(screen.text).toContain("tmux-256color");
  expect(screen.code).toBe(0);
  expect(await statusOf("seen")).toMatchObject({ status: "running" });
  const tmux = "tmux -N -S /run/agentworks/sessions/seen/tmux";
  const settings = await slice.as(
    "agt-claude",
    `${tmux} show -gv status; ${tmux} show -gv history-limit; ${tmux} list-keys -T prefix | wc -l`,
  );
  expect(settings.stdout).toBe("off\n50000\n4\n");
  expect((await slice.as("agt-claude", `${ATTACH} see`)).code).not.toBe(0);
  await slice.converge(deleteSessionPlan(made("seen"), place(claude, site)));
});

test("a command that ends at once is told, with what it printed", async () => {
  const missing = await create(made("missing", { command: "no-such-program --flag" }));
  expect(missing).toMatchObject({ status: "exited", code: 127 });
  expect(missing.status === "exited" && missing.output).toContain("no-such-program: command not found");
  expect(await statusOf("missing")).toMatchObject({ status: "exited", code: 127 });
  const killed = await create(made("killed", { command: "kill -9 $$" }));
  expect(killed).toMatchObject({ status: "exited", code: 137 });
});

test("the exit code is right in 100 of 100 sessions that end at once", async () => {
  const sessions = Array.from({ length: 100 }, (_, index) => made(`short${index}`, { command: `exit ${index}` }));
  const plan = createSessionPlan(made("short0"), place(claude, site));
  const { outcome, reports } = await slice.apply({
    ...plan,
    steps: [...plan.steps.slice(0, 2), ...sessions.flatMap((each) => [prepare(each), start(each)])],
  });
  expect(outcome).toBe("complete");
  const codes = sessions.map(({ name }) => parseStarted(reports[`session/start@${name}`] ?? ""));
  expect(codes.map((each) => each.status === "exited" && each.code)).toEqual(sessions.map((_, index) => index));
  const names = sessions.map(({ name }) => name);
  const began = performance.now();
  const answer = await readOrThrow(slice.transport, statusRequest(names), {
    limitMs: 30_000,
    cancel: new AbortController().signal,
  });
  expect(performance.now() - began).toBeLessThan(10_000);
  const statuses = parseStatuses(answer, names);
  expect(names.map((name) => statuses?.get(name))).toEqual(
    sessions.map((_, code) => ({ status: "exited", code, memory: null, cpu: expect.any(Number) })),
  );
  const gone = names.flatMap((name) => deleteSessionPlan(made(name), place(claude, site)).steps.slice(0, 1));
  expect((await slice.apply({ ...plan, steps: gone })).outcome).toBe("complete");
}, 200_000);

test("command and variables arrive as they are, whatever is in them", async () => {
  const printable = Array.from({ length: 94 }, (_, index) => String.fromCharCode(33 + index)).join("");
  const values = [
    ...[
      " leading and trailing ",
      "",
      "a\nb\n\nc\n",
      "\\",
      "\\\\n\\",
      '"',
      "'\"'",
      "$HOME ${HOME} $(id) `id`",
      "#x",
      "%n %% %i",
    ],
    ...[
      "-n",
      "*",
      "ü€😀",
      "\t",
      "x=y",
      "a\\\nb",
      'end\\"',
      printable,
      printable.repeat(44).slice(0, 4096),
      "\u2028\u00a0",
    ],
    ...Array.from({ length: 60 }, (_, seed) => noise(seed)),
  ];
  const environment = Object.fromEntries(values.map((value, index) => [`AGW_${index}`, value]));
  const marker = `'it''s' "\\$x" \`echo tick\` $(echo sub) *.none -flag \\\\ ü😀 # no comment`;
  const command = `env -0 >env.out\nprintf '%s' ${singleQuoted(`${marker}\n${printable}`)} >command.out; exit 7`;
  expect(await create(made("told", { command, environment }))).toMatchObject({ status: "exited", code: 7 });
  const seen = new Map(
    (await slice.root(`base64 -w0 ${site.path}/env.out`))
      .split("\n")
      .flatMap((text) => Buffer.from(text, "base64").toString().split("\0"))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
  expect(values.map((_, index) => seen.get(`AGW_${index}`))).toEqual(values);
  expect([...seen.keys()].filter((key) => /^(INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_)/.test(key))).toEqual([]);
  expect(seen.get("XDG_RUNTIME_DIR")).toBe("/run/agentworks/sessions/told.xdg");
  expect(await slice.root(`cat ${site.path}/command.out`)).toBe(`${marker}\n${printable}`);
});

test("its unit tells nobody its command and variables", async () => {
  await create(made("secret", { command: "sleep 1000; : canary-command", environment: { CANARY: "canary-value" } }));
  const unit = "agentworks-session-secret.service";
  const told = await slice.root(`systemctl show ${unit}; systemctl cat ${unit}; journalctl -u ${unit}`);
  expect(told).toContain("Slice=user-");
  expect(told).not.toContain("canary");
  const eve = agent(slice, "eve");
  await slice.converge(createAgentPlan(eve));
  const spied = await slice.as(
    "agt-eve",
    `systemctl status ${unit}; systemctl show ${unit}; cat /proc/*/cmdline /proc/*/environ | tr '\\0' ' '
     busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnitProcesses s ${unit}
     ls /run/agentworks/sessions/secret /var/lib/agentworks/sessions.d/secret; cat /var/lib/agentworks/sessions.d/secret/*`,
  );
  expect(spied.stdout + spied.stderr).not.toContain("canary");
  expect(await slice.as("agt-claude", "cat /var/lib/agentworks/sessions.d/secret/command")).toMatchObject({ code: 0 });
  expect((await slice.as("agt-claude", "cat /var/lib/agentworks/sessions.d/secret/env")).code).not.toBe(0);
});

test("what a session starts ends with it, and its history stays", async () => {
  const daemons = made("daemons", {
    command: `for i in 1 2 3; do setsid bash -c 'trap "" HUP TERM; (sleep 1001 & sleep 1002)' & done; seq 3000; sleep 1000`,
  });
  await create(daemons);
  expect((await processes()).split("\n").length).toBeGreaterThan(6);
  const began = performance.now();
  await slice.converge(stopSessionPlan(daemons));
  expect(performance.now() - began).toBeLessThan(14_000);
  expect(await slice.root("pgrep -u agt-claude -a | grep -E 'sleep 100[12]' || true")).toBe("");
  const history = await slice.root(
    "stat -c '%a %U' /var/lib/agentworks/sessions.d/daemons/history; cat /var/lib/agentworks/sessions.d/daemons/history",
  );
  expect(history).toStartWith("600 root\n");
  expect(history).toContain("\n1\n2\n3\n");
  expect(history).toContain("\n2999\n3000\n");
});

test("new groups hold for it, the agent gains no privileges, and files are the group's", async () => {
  const command = "id -nG; grep NoNewPrivs /proc/self/status; umask; touch made; stat -c '%a %G' made";
  const told = await create(made("rights", { command }));
  expect(told.status === "exited" && told.output).toContain("agt-claude agentworks-agents ws-site");
  expect(told.status === "exited" && told.output).toMatch(/NoNewPrivs:\s+1/);
  expect(told.status === "exited" && told.output).toContain("660 ws-site");
});

test("the admin's session runs as the admin, who keeps sudo and is let in", async () => {
  const linuxUser = "agentworks";
  const own = made("own", { linuxUser, confined: false, command: "id -un; pwd; sudo -n id -un; sleep 1000" });
  const where = { workspace: site, member: { linuxUser }, grant: true };
  await slice.converge(createSessionPlan(own, where));
  const screen = await attach(slice.guest, "own", linuxUser, []);
  expect(screen.text).toMatch(/agentworks.*\/opt\/agentworks\/workspaces\/site.*root/s);
  await slice.converge(deleteSessionPlan(own, where));
  expect(await slice.root("id -nG agentworks")).not.toContain("ws-site");
});

test("what drifted is repaired, and a new command holds from the next start on", async () => {
  await create(made("drift", { command: "sleep 1000" }));
  await slice.root(`
    cd /var/lib/agentworks/sessions.d/drift; chmod 777 . command env; echo x >>command
    echo '# more' >>/etc/systemd/system/agentworks-session-drift.service; systemctl daemon-reload`);
  const drift = made("drift", { command: "exit 9" });
  const { results } = await slice.converge(createSessionPlan(drift, place(claude, site)));
  expect(results).toMatchObject({ "session/prepare@drift": "changed", "session/start@drift": "unchanged" });
  await slice.converge(stopSessionPlan(drift));
  expect(await create(drift)).toMatchObject({ status: "exited", code: 9 });
});

test("a reboot stops it; it can be started again", async () => {
  await create(made("rebooted"));
  await slice.guest.reboot();
  expect(await statusOf("rebooted")).toMatchObject({ status: "stopped" });
  expect(await create(made("rebooted"))).toEqual({ status: "running" });
});

test("neither an agent nor a workspace goes while a session is there; with its sessions it does", async () => {
  const held = agent(slice, "held");
  const inside = workspace(slice, "inside");
  await slice.converge(createAgentPlan(held));
  await slice.converge(createWorkspacePlan(inside));
  const holding = session("holding", held, inside, { command: "sleep 1000" });
  await slice.converge(createSessionPlan(holding, place(held, inside)));
  expect((await slice.apply(deleteAgentPlan(held, []))).log).toContain("session holding of agt-held is still there");
  const refused = await slice.apply(deleteWorkspacePlan(inside, { sessions: [], agents: [] }));
  expect(refused.log).toContain("session holding is still in workspace inside");
  expect(await statusOf("holding")).toMatchObject({ status: "running" });
  await slice.converge(
    deleteWorkspacePlan(inside, { sessions: ["holding"], agents: [{ linuxUser: "agt-held", agent: "held" }] }),
  );
  await slice.converge(deleteAgentPlan(held, ["holding"]));
  const left = await slice.root(`
    find / -xdev -name '*holding*' -not -path '/proc/*' -not -path '/var/log/*' 2>/dev/null || true
    find /run /sys/fs/cgroup -name '*holding*'; systemctl list-units --all --no-legend 'agentworks-session-holding*'`);
  expect(left).toBe("");
});

const singleQuoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
