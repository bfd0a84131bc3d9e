import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "../../../cli/command.ts";
import { COMMANDS } from "../../../cli/commands.ts";
import { open } from "../../../cli/services.ts";
import { openState, type State } from "../../../cli/state/state.ts";
import { type Ran, runWith } from "../cli/world.ts";

/** An operator's home with a configuration, a key, and a state with two machines: `dev`, ready, and `lab`, not initialized. */
export interface Desk {
  readonly home: string;
  /** Runs a command line in this process, without a terminal. */
  run(...argv: readonly string[]): Promise<Ran>;
  /** `data` of its --json. */
  data(...argv: readonly string[]): Promise<unknown>;
  state<T>(look: (state: State) => T): T;
}

const NOW = () => new Date("2026-01-31T12:00:00Z");
const DESKS = mkdtempSync(join(tmpdir(), "agentworks-desks-"));

/** A desk. `config` are further lines of config.toml; `ssh` is a bash script that is run in place of ssh. */
export function desk({ config = "", ssh = REFUSING }: { readonly config?: string; readonly ssh?: string } = {}): Desk {
  const home = mkdtempSync(join(DESKS, "desk-"));
  const key = join(home, "id_ed25519");
  Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", key]);
  const keys = `[operator]\nssh_public_key = "${key}.pub"\nssh_private_key = "${key}"\n`;
  writeFileSync(join(home, "config.toml"), `${keys}${config}`);
  mkdirSync(join(home, "bin"));
  writeFileSync(join(home, "bin", "ssh"), `#!/bin/bash\n${ssh}`);
  chmodSync(join(home, "bin", "ssh"), 0o755);
  const env = { AGENTWORKS_HOME: home, HOME: home, PATH: `${join(home, "bin")}:${process.env.PATH}` };
  const look = <T>(work: (state: State) => T): T => {
    const state = openState(join(home, "agentworks.db"), { now: NOW });
    try {
      return work(state);
    } finally {
      state.close();
    }
  };
  look(({ machines }) => {
    const common = {
      platform: "ssh",
      template: "default",
      adminUser: "agentworks",
      network: "direct",
      adopted: true,
    } as const;
    machines.insert({
      ...common,
      name: "dev",
      host: "192.0.2.7",
      port: 22,
      provisioning: "complete",
      init: "complete",
    });
    machines.insert({ ...common, name: "lab", host: "192.0.2.8", port: 22, provisioning: "complete", init: "failed" });
  });
  const run = async (...argv: readonly string[]) =>
    await runWith(await commands(), argv, { env, now: NOW, open: async (place) => open(place) });
  return {
    home,
    run,
    data: async (...argv) => {
      const { code, stdout, stderr } = await run(...argv, "--json");
      if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${stderr}`);
      return (JSON.parse(stdout) as { data: unknown }).data;
    },
    state: look,
  };
}

/** Every command of the program. */
export async function commands(): Promise<readonly Command[]> {
  return await Promise.all(COMMANDS.map(async ({ load }) => await load()));
}

/** An ssh to a machine that is off. */
export const REFUSING = "echo 'ssh: connect to host 192.0.2.7 port 22: Connection refused' >&2; exit 255\n";

/** Rows as they are when everything is ready: workspaces site and blog, agents claude (everywhere) and cyd, three sessions. */
export function furnish(state: State): void {
  const { workspaces, agents, grants, sessions } = state;
  for (const name of ["blog", "site"]) {
    const repo = name === "site" ? "https://example.org/site.git" : null;
    const path = `/opt/agentworks/workspaces/${name}`;
    workspaces.insert({ name, machine: "dev", linuxUser: `ws-${name}`, path, template: "default", repo, branch: null });
    workspaces.setLifecycle(name, "ready");
  }
  for (const name of ["claude", "cyd"]) {
    agents.insert({ name, machine: "dev", linuxUser: `agt-${name}`, template: "default", grantAll: name === "claude" });
    agents.update(name, { uid: name === "claude" ? 20001 : 20002, lifecycle: "ready" });
  }
  for (const workspace of ["blog", "site"]) grants.add({ agent: "claude", workspace, session: null });
  const common = { machine: "dev", template: "default", createdWorkspace: false, createdAgent: false };
  for (const [name, agent] of [
    ["fix", "claude"],
    ["try", "cyd"],
    ["look", null],
  ] as const) {
    const linuxUser = agent === null ? "agentworks" : `agt-${agent}`;
    sessions.insert({ ...common, name, workspace: "site", agent, command: agent === null ? "" : "sleep 9", linuxUser });
    sessions.update(name, { lifecycle: "ready" });
    if (agent !== null) grants.add({ agent, workspace: "site", session: name });
  }
}
