import { expect, test } from "bun:test";
import { UserError } from "../../../cli/errors.ts";
import type { Machine } from "../../../cli/state/machines.ts";
import { openState, type State } from "../../../cli/state/state.ts";
import { agent, machine, session, thrown, workspace } from "./fixture.ts";

/** Two machines with a workspace and an agent each; a session of claude's on the first. */
function filled(): State {
  const state = openState(":memory:", { now: () => new Date("2025-01-31T23:59:59.999Z") });
  for (const [on, site, by] of [
    ["dev", "site", "claude"],
    ["other", "shop", "codex"],
  ] as const) {
    state.machines.insert(machine(on));
    state.workspaces.insert(workspace(site, on));
    state.agents.insert(agent(by, on));
  }
  state.sessions.insert(session("fix", "dev", "site", "claude"));
  state.grants.add({ agent: "claude", workspace: "site", session: null });
  state.grants.add({ agent: "claude", workspace: "site", session: "fix" });
  return state;
}

const refusal = (work: () => unknown) => {
  const error = thrown(work);
  if (!(error instanceof UserError)) throw error;
  return [error.message, error.next];
};

test("a machine comes back as it was written, and changes keep the rest", () => {
  const state = filled();
  const given = {
    ...machine("adopted"),
    host: "10.0.0.1",
    port: 2222,
    loginUser: "root",
    adopted: true,
    memory: 4,
    hostKeys: ["ssh-ed25519 A", "x 'y'"],
  };
  const written = state.machines.insert({ ...given, network: "tailscale" });
  const expected: Machine = {
    ...given,
    platformId: "id-adopted",
    network: "tailscale",
    address: null,
    cpus: null,
    disk: null,
    swap: null,
    provisioning: "pending",
    init: "pending",
    configDigest: null,
    stoppedByOperator: false,
    bootId: null,
    createdAt: "2025-01-31T23:59:59Z",
    updatedAt: "2025-01-31T23:59:59Z",
  };
  expect(written).toEqual(expected);
  expect(state.machines.find("adopted")).toEqual(written);
  expect(state.machines.findByPlatformId("ssh", "id-adopted")).toEqual(written);
  const changed = state.machines.update("adopted", { init: "partial", stoppedByOperator: true, hostKeys: [] });
  expect(changed).toEqual({ ...written, init: "partial", stoppedByOperator: true, hostKeys: [] });
  expect(state.machines.find("adopted")).toEqual(changed);
});

test("names, platform ids, users, uids and paths are unique by the database", () => {
  const state = filled();
  expect(refusal(() => state.machines.insert({ ...machine("dev"), platformId: null }))).toEqual([
    "Machine dev exists already.",
    "agentworks vm describe dev",
  ]);
  const twin = { ...machine("twin"), platformId: "id-dev" };
  expect(refusal(() => state.machines.insert(twin))).toEqual([
    "This ssh machine is known already, as dev.",
    "agentworks vm describe dev",
  ]);
  expect(refusal(() => state.machines.update("other", { platformId: "id-dev" }))[0]).toBe(
    "This ssh machine is known already, as dev.",
  );
  expect(state.machines.insert({ ...twin, platform: "qemu" }).platform).toBe("qemu");
  for (const name of ["a", "b"])
    expect(state.machines.insert({ ...machine(name), platformId: null }).platformId).toBeNull();

  expect(refusal(() => state.workspaces.insert(workspace("site", "other")))[0]).toBe(
    "Workspace site exists already, on dev.",
  );
  expect(
    refusal(() => state.workspaces.insert({ ...workspace("new", "dev"), path: "/opt/agentworks/workspaces/site" }))[0],
  ).toContain("has the path");
  expect(refusal(() => state.agents.insert(agent("claude", "other")))[0]).toBe("Agent claude exists already, on dev.");
  expect(refusal(() => state.agents.insert({ ...agent("new", "dev"), linuxUser: "agt-claude" }))[0]).toContain(
    "has the user agt-claude",
  );
  expect(refusal(() => state.sessions.insert(session("fix", "other", "shop")))[0]).toBe("Session fix exists already.");

  state.agents.insert(agent("third", "dev"));
  state.agents.update("claude", { uid: 20000 });
  state.agents.update("codex", { uid: 20000, grantAll: true });
  expect(refusal(() => state.agents.update("third", { uid: 20000 }))[0]).toContain("has the uid 20000");
  expect(state.agents.find("codex")).toMatchObject({ uid: 20000, grantAll: true });
});

test("nothing refers to what is not there, or to what is on another machine", () => {
  const state = filled();
  expect(refusal(() => state.workspaces.insert(workspace("new", "none")))).toEqual([
    "There is no machine none.",
    "agentworks vm list",
  ]);
  expect(refusal(() => state.agents.insert(agent("new", "none")))[0]).toBe("There is no machine none.");
  expect(refusal(() => state.machineEvents.add("none", "rekey"))[0]).toBe("There is no machine none.");
  expect(refusal(() => state.sessions.insert(session("new", "dev", "shop")))[0]).toBe(
    "Workspace shop is not on machine dev.",
  );
  expect(refusal(() => state.sessions.insert(session("new", "dev", "site", "codex")))[0]).toBe(
    "Workspace site or agent codex is not on machine dev.",
  );
  expect(refusal(() => state.grants.add({ agent: "codex", workspace: "site", session: null }))[0]).toBe(
    "Workspace site is not on the machine of agent codex.",
  );
  expect(refusal(() => state.grants.add({ agent: "none", workspace: "site", session: null }))[0]).toBe(
    "There is no agent none.",
  );
  for (const [table, message] of [
    ["machines", "There is no machine x."],
    ["workspaces", "There is no workspace x."],
    ["agents", "There is no agent x."],
    ["sessions", "There is no session x."],
  ] as const) {
    expect(refusal(() => state[table].remove("x"))[0]).toBe(message);
  }
  expect(refusal(() => state.machines.update("x", { cpus: 1 }))[0]).toBe("There is no machine x.");
  expect(refusal(() => state.workspaces.setLifecycle("x", "ready"))[0]).toBe("There is no workspace x.");
  expect(refusal(() => state.agents.update("x", { uid: 1 }))[0]).toBe("There is no agent x.");
  expect(refusal(() => state.sessions.update("x", {}))[0]).toBe("There is no session x.");
});

test("granting twice stores one row, and each kind is a row of its own", () => {
  const state = filled();
  const explicit = { agent: "claude", workspace: "site", session: null };
  const implicit = { ...explicit, session: "fix" };
  expect([state.grants.add(explicit), state.grants.add(implicit)]).toEqual([false, false]);
  const row = { agent: "claude", workspace: "site", machine: "dev", createdAt: "2025-01-31T23:59:59Z" };
  expect(state.grants.list()).toEqual([
    { ...row, kind: "explicit", session: null },
    { ...row, kind: "implicit", session: "fix" },
  ]);
  expect([state.grants.remove(explicit), state.grants.remove(explicit)]).toEqual([true, false]);
  expect(state.grants.list({ agents: ["claude"], workspaces: ["site"] }).map(({ kind }) => kind)).toEqual(["implicit"]);
  expect([state.grants.list({ agents: ["codex"] }), state.grants.list({ workspaces: [] })]).toEqual([[], []]);
});

test("what holds something is not deleted by accident", () => {
  const state = filled();
  expect(refusal(() => state.machines.remove("dev"))).toEqual([
    "Machine dev still holds workspaces or agents.",
    "agentworks vm delete dev --force",
  ]);
  expect(refusal(() => state.workspaces.remove("site"))).toEqual([
    "Workspace site still holds sessions.",
    "agentworks workspace delete site --force",
  ]);
  expect(refusal(() => state.agents.remove("claude"))).toEqual([
    "Agent claude still has sessions.",
    "agentworks agent delete claude --force",
  ]);
});

test("what goes takes along what is nothing without it", () => {
  const state = filled();
  state.sessions.remove("fix");
  expect(state.grants.list().map(({ kind }) => kind)).toEqual(["explicit"]);
  state.agents.remove("claude");
  expect(state.grants.list()).toEqual([]);
  state.workspaces.remove("site");
  state.machineEvents.add("dev", "init_started");
  state.runs.begin({ id: "r", machine: "dev", operation: "vm delete dev", thing: "machine:dev" });
  state.stepResults.record("r", { position: 0, step: "a", subject: "", name: "a", result: "changed", ms: 1 });
  state.machines.remove("dev");
  expect([state.machineEvents.list("dev"), state.runs.open(), state.stepResults.list("r")]).toEqual([[], [], []]);
});

test("a machine is removed with all it holds, and nothing of another", () => {
  const state = filled();
  state.machines.removeWithContents("dev");
  const left = [
    state.machines.names(),
    state.workspaces.names(),
    state.agents.names(),
    state.sessions.names(),
    state.grants.list(),
  ];
  expect(left).toEqual([["other"], ["shop"], ["codex"], [], []]);
  expect(refusal(() => state.machines.removeWithContents("dev"))[0]).toBe("There is no machine dev.");
});

test("lists are in the order of names, and filters join with and", () => {
  const state = filled();
  state.sessions.insert(session("build", "dev", "site"));
  state.sessions.insert(session("sell", "other", "shop", "codex"));
  const names = (filter: Parameters<State["sessions"]["list"]>[0]) =>
    state.sessions.list(filter).map(({ name }) => name);
  expect(names({})).toEqual(["build", "fix", "sell"]);
  expect(names({ machines: ["dev"] })).toEqual(["build", "fix"]);
  expect(names({ machines: ["dev", "other"], agents: ["claude", "codex"] })).toEqual(["fix", "sell"]);
  expect(names({ workspaces: ["shop"], agents: ["claude"] })).toEqual([]);
  expect(names({ names: ["fix"] })).toEqual(["fix"]);
  expect(state.workspaces.list({ machines: ["other"] }).map(({ name }) => name)).toEqual(["shop"]);
  expect(state.agents.list({ names: ["claude"], machines: ["other"] })).toEqual([]);
  expect(
    state.machines
      .list({ platforms: ["ssh"], names: ["dev"] })
      .map(({ workspaces, agents, sessions }) => [workspaces, agents, sessions]),
  ).toEqual([[1, 1, 2]]);
});

test("any text comes back unchanged", () => {
  const state = filled();
  for (const command of ["", "'; DROP TABLE sessions; --", 'a\nb\t\\ $(x) `y` "z" é 漢 🙂', "x".repeat(4096)]) {
    state.sessions.update("fix", { command, lifecycle: "ready" });
    expect(state.sessions.find("fix")).toMatchObject({ command, lifecycle: "ready" });
  }
});
