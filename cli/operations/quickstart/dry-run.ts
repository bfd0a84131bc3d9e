import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Result } from "../../command.ts";
import { loadConfig } from "../../config/load.ts";
import type { Context } from "../../context.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";
import { openState, type State } from "../../state/state.ts";
import { createAgent } from "../agent/create.ts";
import { creationOf } from "../machine/creation.ts";
import { deletionDryRun } from "../machine/delete.ts";
import { createSession } from "../session/create.ts";
import { createWorkspace } from "../workspace/create.ts";
import { configText, configuredPlatform, isThere } from "./config.ts";
import { KEYGEN, ownKey } from "./key.ts";
import { creationInput } from "./machine.ts";
import { NAMES, type QuickstartInput } from "./names.ts";
import { choosePlatform } from "./platform.ts";
import { ownMachine } from "./remove.ts";
import type { Sizes } from "./sizes.ts";
import { word } from "./spelled.ts";
import { refuseForeign } from "./things.ts";

/** What quickstart would do here, without asking whether a key or a platform really works: that takes programs and a network. */
export async function quickstartDryRun(context: Context, input: QuickstartInput): Promise<Result<DryRun>> {
  refuseForeign(context);
  const platform = choosePlatform(context, input, configuredPlatform(context));
  return await withConfig(context, async (configured, beside) => {
    using scratch = scratchState(context);
    const ahead: Context = { ...configured, state: () => scratch };
    const machine = await machineRun(ahead, input, platform.name);
    return joined(beside, [...machine, ...(await thingRuns(context, ahead))]);
  });
}

/** What `quickstart --remove` would do. */
export function removeDryRun(context: Context): Result<DryRun> {
  const machine = ownMachine(context);
  const { quickstart } = context.state();
  const files = [
    ...(quickstart.find("config") === null ? [] : [`remove ${context.home.config}, unless it was edited`]),
    ...(quickstart.find("key") === null ? [] : [`remove ${ownKey(context)} and its public half, unless it is needed`]),
  ];
  const options = { force: true, purge: machine?.adopted === true, host: undefined };
  const runs = machine === undefined ? [] : [deletionDryRun(context, machine, options)];
  const nothing = files.length + runs.length === 0 ? ["nothing that quickstart made is left"] : [];
  return joined([...files, ...nothing], runs);
}

/** The public key in the scripts as long as it is not known which one it will be. */
const UNKNOWN_KEY = "ssh-ed25519 AAAA the-public-key-of-the-operator";

/** Works with the configuration that is there, or with the one that would be written. */
async function withConfig<T>(
  context: Context,
  work: (context: Context, beside: readonly string[]) => Promise<T>,
): Promise<T> {
  if (isThere(context)) return await work(context, []);
  const directory = mkdtempSync(join(tmpdir(), "agentworks-dry-run-"));
  try {
    const key = join(directory, "key");
    const file = join(directory, "config.toml");
    writeFileSync(`${key}.pub`, `${UNKNOWN_KEY}\n`);
    writeFileSync(file, configText(key));
    const { config } = loadConfig(file, context);
    const beside = [
      `take a usable key of ~/.ssh, else make one: ${KEYGEN.map(word).join(" ")} ${word(ownKey(context))}`,
      `write ${context.configFile} (in the scripts the key is: ${UNKNOWN_KEY})`,
    ];
    return await work({ ...context, config: () => config }, beside);
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

/** The sizes of a machine fit the computer on which it is made: a dry run, which is the same everywhere, shows the smallest. */
const SOME: Sizes = { cpus: 1, memory: 1, disk: 5 };

async function machineRun(
  ahead: Context,
  input: QuickstartInput,
  platform: string,
): Promise<readonly Result<DryRun>[]> {
  const { machine: name } = NAMES;
  const { machines } = ahead.state();
  if (machines.find(name)?.provisioning === "complete") return [];
  const creation = await creationOf(
    ahead,
    creationInput(ahead, input, platform, () => SOME),
  );
  const run = await creation.dryRun();
  const ready = { provisioning: "complete", init: "complete" } as const;
  if (machines.find(name) !== null) machines.update(name, ready);
  else {
    const adminUser = ahead.config().adminConfig.username;
    const adopted = platform === "ssh";
    machines.insert({ name, platform, template: "default", adminUser, network: "direct", adopted, ...ready });
  }
  return [run];
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

function joined(beside: readonly string[], runs: readonly Result<DryRun>[]): Result<DryRun> {
  const first = dryRun(NAMES.machine, [], beside);
  const all = beside.length === 0 ? runs : [first, ...runs];
  const data = {
    commands: all.flatMap((run) => run.data.commands),
    requests: all.flatMap((run) => run.data.requests),
    scripts: all.flatMap((run) => run.data.scripts),
  };
  return { data, text: (screen) => all.map((run) => run.text(screen)).join("\n") };
}
