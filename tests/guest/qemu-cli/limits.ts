import { expect, test } from "bun:test";
import { join } from "node:path";
import { exec } from "../../../providers/exec.ts";
import type { Operator } from "../cli.ts";

const MIB = 2 ** 20;
const LIMITS = { memory: 256 * MIB, cpus: 0.5, tasks: 60 };
/** What these tests need in the configuration. */
export const TEMPLATES = `
[agent_templates.small]
memory = 0.25
tasks = 60
[agent_templates.slow]
cpus = 0.5
`;
const AGENTS = ["small", "slow"] as const;
type Agent = (typeof AGENTS)[number];

/** The tests of the limits, on a machine of this operator's. */
export function limitsHold(of: () => Operator): void {
  test("agents get limits", async () => {
    for (const agent of AGENTS) {
      await of().ok(["agent", "create", agent, "--template", agent, "--grant-all-workspaces"]);
      await of().ok(["session", "create", agent, "--workspace", "site", "--agent", agent]);
    }
  }, 300_000);

  /** Runs a shell line in a login of the agent's, by a real ssh. */
  async function login(agent: Agent, line: string) {
    const [{ port } = { port: 0 }] = of().rows<{ port: number }>("SELECT port FROM machines");
    const known = ["-o", `UserKnownHostsFile=${join(of().home, "known_hosts")}`, "-o", "HostKeyAlias=agentworks-box"];
    const key = join(of().env.HOME ?? "", "id_ed25519");
    const argv = ["ssh", "-F", "none", "-i", key, ...known, "-p", String(port), "-T", `agt-${agent}@127.0.0.1`, line];
    return await exec(argv, { env: of().env, timeoutMs: 60_000 });
  }

  /** Types a line into the session, as its agent. */
  async function type(agent: Agent, line: string): Promise<void> {
    const keys = `tmux -N -S /run/agentworks/sessions/${agent}/tmux send-keys -t =${agent}: '${line}' Enter`;
    expect(await login(agent, keys)).toMatchObject({ code: 0, stderr: "" });
  }

  /** A figure of the slice that holds all of the agent's processes. */
  async function figure(agent: Agent, file: string, key?: string): Promise<number> {
    const path = `/sys/fs/cgroup/user.slice/user-$(id -u agt-${agent}).slice/${file}`;
    const pick = key === undefined ? "cat" : `sed -n 's/^${key} //p'`;
    return Number(await of().ok(["vm", "exec", "box", "--", "bash", "-c", `${pick} "${path}"`]));
  }

  async function until(what: string, met: () => Promise<boolean>): Promise<void> {
    for (let round = 0; round < 40; round++) {
      if (await met()) return;
      await Bun.sleep(500);
    }
    throw new Error(`never: ${what}`);
  }

  /** A machine without acceleration may take longer than a status is waited for. */
  const sessionsRun = async () =>
    await until("both sessions run", async () => {
      const list = await of().json<{ status: string }[]>(["session", "list", "--agent", AGENTS.join(",")]);
      return list.map(({ status }) => status).join() === "running,running";
    });

  /** Holds so much memory: every page of it is written. */
  const hold = (bytes: number, seconds: number) => `perl -e "vec(\\$x, ${bytes}, 8) = 1; sleep ${seconds}"`;

  test("memory: what fits alone does not fit together, and what is killed for it does not end the session", async () => {
    expect(await login("small", hold(160 * MIB, 0))).toMatchObject({ code: 0 });
    await type("small", hold(160 * MIB, 600));
    await until("the session holds its memory", async () => (await figure("small", "memory.current")) > 160 * MIB);
    expect(await figure("small", "memory.events", "oom_kill")).toBe(0);
    await login("small", hold(160 * MIB, 5));
    expect(await figure("small", "memory.events", "oom_kill")).toBeGreaterThan(0);
    expect(await figure("small", "memory.current")).toBeLessThan(LIMITS.memory + MIB);
    await sessionsRun();
    await type("small", "touch ~/still-here");
    await until("the session goes on", async () => (await login("small", "test -e ~/still-here")).code === 0);
  }, 120_000);

  test("processors: a session and a login share what one of them may have", async () => {
    const spin = 'perl -e "alarm 12; 1 while 1"';
    await type("slow", spin);
    const busy = login("slow", `${spin} & ${spin}; wait`);
    await Bun.sleep(3000);
    const [before, began] = [await figure("slow", "cpu.stat", "usage_usec"), performance.now()];
    await Bun.sleep(4000);
    const used = ((await figure("slow", "cpu.stat", "usage_usec")) - before) / 1000 / (performance.now() - began);
    await busy;
    expect(used).toBeLessThan(LIMITS.cpus * 1.3);
    expect(used).toBeGreaterThan(LIMITS.cpus * 0.5);
    expect(await figure("slow", "cpu.stat", "nr_throttled")).toBeGreaterThan(0);
  }, 120_000);

  test("tasks: a session and a login share what one of them may have", async () => {
    const forks = (children: number, seconds: number) =>
      `perl -e "for (1..${children}) { defined(my \\$child = fork) or last; if (\\$child) { \\$made++ } else { sleep ${seconds}; exit } } print \\$made"`;
    expect(await login("small", forks(40, 1))).toMatchObject({ code: 0, stdout: "40" });
    await type("small", forks(40, 60));
    await until("the session has its forty", async () => (await figure("small", "pids.current")) > 40);
    const { stdout } = await login("small", forks(40, 1));
    expect(Number(stdout)).toBeLessThan(20);
    expect(await figure("small", "pids.current")).toBeLessThanOrEqual(LIMITS.tasks);
    await sessionsRun();
  }, 120_000);
}
