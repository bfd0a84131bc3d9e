import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../command.ts";
import { loadConfig } from "../../config/load.ts";
import type { Context } from "../../context.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";
import { openState, type State } from "../../state/state.ts";
import { createAgent } from "../agent/create.ts";
import { adoption } from "../machine/adoption.ts";
import { deletionPlans } from "../machine/delete.ts";
import { machinePlan } from "../machine/init.ts";
import { createSession } from "../session/create.ts";
import { createWorkspace } from "../workspace/create.ts";
import { configText } from "./config.ts";
import { KEYGEN, ownKey } from "./key.ts";
import { NAMES, type QuickstartInput } from "./names.ts";
import { choosePlatform } from "./platform.ts";
import { ownMachine } from "./remove.ts";
import { refuseForeign } from "./things.ts";

/** Things that would be done beside the scripts, for a person to read, and the programs among them. */
interface Beside {
  readonly words: readonly string[];
  readonly commands: readonly (readonly string[])[];
}

/** What quickstart would do here, without asking whether a key or a platform really works: that takes programs and a network. */
export async function quickstartDryRun(context: Context, input: QuickstartInput): Promise<Result<DryRun>> {
  refuseForeign(context);
  const platform = choosePlatform(context, input);
  return await withConfig(context, async (configured, beside) => {
    using scratch = scratchState(context);
    const ahead: Context = { ...configured, state: () => scratch };
    const machine = await machineRun(ahead, { ...input, platform: platform.name });
    return joined(beside, [...machine, ...(await thingRuns(context, ahead))]);
  });
}

/** What `quickstart --remove` would do. */
export function removeDryRun(context: Context): Result<DryRun> {
  const machine = ownMachine(context);
  const { quickstart } = context.state();
  const words = [
    ...(quickstart.find("config") === null ? [] : [`removes ${context.home.config}, unless it was edited`]),
    ...(quickstart.find("key") === null ? [] : [`removes ${ownKey(context)} and its public half, unless it is needed`]),
  ];
  const runs = machine === undefined ? [] : [dryRun(machine.name, deletionPlans(context, machine, machine.adopted))];
  const nothing = words.length + runs.length === 0 ? ["nothing that quickstart made is left"] : [];
  return joined({ words: [...words, ...nothing], commands: [] }, runs);
}

/** The public key in the scripts as long as it is not known which one it will be. */
const UNKNOWN_KEY = "ssh-ed25519 AAAA the-public-key-of-the-operator";

/** Works with the configuration that is there, or with the one that would be written. */
async function withConfig<T>(context: Context, work: (context: Context, beside: Beside) => Promise<T>): Promise<T> {
  const { configFile, home, env } = context;
  if (existsSync(configFile) || configFile !== home.config) return await work(context, { words: [], commands: [] });
  const directory = mkdtempSync(join(tmpdir(), "agentworks-dry-run-"));
  try {
    const key = join(directory, "key");
    const file = join(directory, "config.toml");
    writeFileSync(`${key}.pub`, `${UNKNOWN_KEY}\n`);
    writeFileSync(file, configText(key));
    const { config } = loadConfig(file, { env });
    const words = [`a usable key of ~/.ssh, else a new one; in the scripts: ${UNKNOWN_KEY}`, `writes ${configFile}`];
    return await work({ ...context, config: () => config }, { words, commands: [[...KEYGEN, ownKey(context)]] });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A state of its own that is ahead of the real one: what a plan would have made is in it for the plans after that. */
function scratchState(context: Context): State & Disposable {
  const scratch = openState(":memory:", { now: context.now });
  const { installation, machines } = context.state();
  const there = machines.find(NAMES.machine);
  if (there !== null) scratch.machines.insert(there);
  return { ...scratch, installation, [Symbol.dispose]: scratch.close };
}

async function machineRun(ahead: Context, input: QuickstartInput): Promise<readonly Result<DryRun>[]> {
  const { machine: name } = NAMES;
  const { machines } = ahead.state();
  if (machines.find(name)?.provisioning === "complete") return [];
  const { platform, host, hostKey } = input;
  const { row } = await adoption(ahead, { name, platform, host, hostKey });
  const ready = { provisioning: "complete", init: "complete" } as const;
  if (machines.find(name) === null) machines.insert({ ...row, ...ready });
  else machines.update(name, ready);
  return [dryRun(name, [machinePlan(ahead, row, `vm create ${name}`)])];
}

/** The runs of what is not ready yet, each with what those before it would have made. */
async function thingRuns(context: Context, ahead: Context): Promise<readonly Result<DryRun>[]> {
  const real = context.state();
  const { workspaces, agents } = ahead.state();
  const { machine, workspace, agent, session } = NAMES;
  const dry: Context = { ...ahead, flags: { ...ahead.flags, dryRun: true } };
  const runs: Result<unknown>[] = [];
  const common = { machine, template: "default" };
  if (real.workspaces.find(workspace)?.lifecycle !== "ready") {
    runs.push(await createWorkspace({ name: workspace, vm: machine, repo: "" }, dry));
  }
  const path = `${ahead.config().paths.vmWorkspaces}/${workspace}`;
  workspaces.insert({ ...common, name: workspace, linuxUser: `ws-${workspace}`, path, repo: null, branch: null });
  workspaces.setLifecycle(workspace, "ready");
  if (real.agents.find(agent)?.lifecycle !== "ready") {
    runs.push(await createAgent({ name: agent, vm: machine }, dry));
  }
  agents.insert({ ...common, name: agent, linuxUser: `agt-${agent}`, grantAll: false });
  agents.update(agent, { lifecycle: "ready" });
  if (real.sessions.find(session)?.lifecycle !== "ready") {
    runs.push(await createSession({ name: session, workspace, agent, command: "" }, dry));
  }
  // With that flag it is what they return.
  return runs as readonly Result<DryRun>[];
}

function joined({ words, commands }: Beside, runs: readonly Result<DryRun>[]): Result<DryRun> {
  const data = {
    commands: [...commands, ...runs.flatMap((run) => run.data.commands)],
    requests: runs.flatMap((run) => run.data.requests),
    scripts: runs.flatMap((run) => run.data.scripts),
  };
  const lines = [...words, ...commands.map((argv) => argv.join(" "))].map((line) => `#> ${line.replaceAll("\n", " ")}`);
  return { data, text: (screen) => [...lines, ...runs.map((run) => run.text(screen))].join("\n") };
}
