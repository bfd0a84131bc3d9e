import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { initPlan } from "../../../cli/plan/machine.ts";
import { agentLine, sessionLine, workspaceLine } from "../../../cli/plan/records.ts";
import type { SessionPlace } from "../../../cli/plan/session.ts";
import type { Transport } from "../../../providers/transport.ts";
import type { Agent } from "../../../steps/agent/index.ts";
import type { Machine } from "../../../steps/machine/index.ts";
import { programs, type Session } from "../../../steps/session/index.ts";
import type { Plan } from "../../../steps/step.ts";
import type { Workspace } from "../../../steps/workspace/index.ts";
import { type Applied, applySteps, rootTransport } from "../apply.ts";
import { bootGuest, type Guest, type Result } from "../harness/guest.ts";

const installation = "0123456789abcdef0123456789abcdef";
const workspacesRoot = "/opt/agentworks/workspaces";

/** A guest that has been through init, and the product's plans on it. */
export interface Slice extends AsyncDisposable {
  readonly guest: Guest;
  readonly transport: Transport;
  /** The operator's public key. */
  readonly key: string;
  apply(plan: Plan): Promise<Applied>;
  /** Twice: the first must do it, the second must have nothing to do. */
  converge(plan: Plan): Promise<Applied>;
  /** A bash script by ssh, as a user of the guest. */
  as(user: string, script: string, stdin?: string): Promise<Result>;
  /** The same as root, not through ssh. Fails when the script does. */
  root(script: string): Promise<string>;
}

export async function bootSlice(): Promise<Slice> {
  const guest = await bootGuest();
  const key = (await readFile(guest.publicKeyPath, "utf8")).trim();
  const knownHostsPath = join(guest.directory, "known_hosts.alias");
  await writeFile(knownHostsPath, guest.hostKeyLine.replace(/^\S+/, "guest"));
  const transport = rootTransport({ ...guest, knownHostsPath });
  const apply = (plan: Plan) => applySteps(transport, plan.steps);
  const slice: Slice = {
    guest,
    transport,
    key,
    apply,
    converge: async (plan) => {
      const first = await apply(plan);
      const second = await apply(plan);
      if (first.outcome !== "complete") throw new Error(`${JSON.stringify(first.results)}\n${first.log}`);
      const again = Object.entries(second.results).filter(([, result]) => result !== "unchanged");
      if (again.length > 0) throw new Error(`not unchanged the second time: ${JSON.stringify(again)}\n${second.log}`);
      return first;
    },
    as: (user, script, stdin = "") => runSsh(guest, user, "bash -s", `{\n${script}\n}\n${stdin}`),
    root: async (script) => {
      const result = await guest.bash(script);
      if (result.code !== 0) throw new Error(`exit code ${result.code}: ${script}\n${result.stdout}${result.stderr}`);
      return result.stdout.trimEnd();
    },
    [Symbol.asyncDispose]: () => guest.dispose(),
  };
  const init = initPlan(machine(key), { operation: "vm create guest" });
  const { outcome, log } = await apply({ ...init, steps: [...init.steps, programs()] });
  if (outcome !== "complete") throw new Error(`init ended ${outcome}:\n${log}`);
  return slice;
}

const machine = (key: string): Machine => ({
  name: "guest",
  adminUser: "agentworks",
  adminShell: "bash",
  adopted: true,
  workspacesRoot,
  operatorKeys: [key],
  installation,
  record: JSON.stringify({ installation, name: "guest" }),
});

/** One ssh command as any user of the guest, with the guest's own key. */
export async function runSsh(guest: Guest, user: string, command: string, stdin = ""): Promise<Result> {
  const argv = guest
    .sshArgv("root", command)
    .map((word) => (word === `root@${guest.host}` ? `${user}@${guest.host}` : word));
  const child = Bun.spawn(argv, { stdin: new Blob([stdin]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}

/** An agent as its row in the state would make it. */
export function agent({ key }: Slice, name: string, change: Partial<Agent> = {}): Agent {
  const linuxUser = `agt-${name}`;
  const record = agentLine({ installation, name, linuxUser, template: "default", grantAll: false });
  return { name, linuxUser, shell: "bash", keys: [key], installation, record, ...change };
}

/** A workspace as its row in the state would make it. */
export function workspace({ key }: Slice, name: string, change: Partial<Workspace> = {}): Workspace {
  const linuxUser = `ws-${name}`;
  const path = `${workspacesRoot}/${name}`;
  const { repo = null, branch = null } = change;
  const record = workspaceLine({ installation, name, linuxUser, path, template: "default", repo, branch });
  return { name, linuxUser, path, keys: [key], installation, record, ...change };
}

/** A session of an agent in a workspace as its row in the state would make it. */
export function session(name: string, of: Agent, at: Workspace, change: Partial<Session> = {}): Session {
  const { command = "" } = change;
  const { linuxUser } = of;
  const row = { installation, name, workspace: at.name, agent: of.name, template: "default", command, linuxUser };
  return {
    ...{ name, linuxUser, command, installation, workspacePath: at.path, confined: true, environment: {} },
    ...{ historyLimit: 50_000, record: sessionLine(row) },
    ...change,
  };
}

/** The place of that session, with a grant of its own. */
export function place(of: Agent, at: Workspace): SessionPlace {
  return { workspace: at, member: { linuxUser: of.linuxUser, agent: of.name }, grant: true };
}
