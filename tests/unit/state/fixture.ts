import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewAgent } from "../../../cli/state/agents.ts";
import type { NewMachine } from "../../../cli/state/machines.ts";
import type { NewSession } from "../../../cli/state/sessions.ts";
import type { NewWorkspace } from "../../../cli/state/workspaces.ts";

/** A directory of its own for one test, gone afterwards. */
export async function withDirectory(test: (directory: string) => Promise<void> | void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "agw-state-"));
  try {
    await test(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What `work` throws. */
export function thrown(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

/** The directory's files: their bytes, mode and times. */
export function picture(directory: string) {
  const files = readdirSync(directory).sort();
  return [...files, "."].map((name) => {
    const path = join(directory, name);
    const { mode, mtimeMs, ctimeMs, size } = statSync(path);
    const bytes = name === "." ? "" : readFileSync(path).toString("base64");
    return { name, mode, mtimeMs, ctimeMs, size, bytes };
  });
}

/** A running script of `processes/`, told its arguments and perhaps started through other programs. */
export function start(script: string, args: readonly string[], through: readonly string[] = []) {
  const path = join(import.meta.dir, "processes", `${script}.ts`);
  const child = Bun.spawn([...through, process.execPath, path, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  return {
    child,
    /** Its whole stdout; an error when it failed. */
    output: async (): Promise<string> => {
      const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
      if (code !== 0) throw new Error(`${script} exited ${code}: ${err}`);
      return out;
    },
    /** Waits for the first thing it prints. */
    ready: async (): Promise<void> => {
      const reader = child.stdout.getReader();
      const { done } = await reader.read();
      reader.releaseLock();
      if (done) throw new Error(`${script} ended: ${await child.stderr.text()}`);
    },
  };
}

/** A machine named `name`. */
export const machine = (name: string): NewMachine => ({
  name,
  platform: "ssh",
  platformId: `id-${name}`,
  template: "default",
  adminUser: "agentworks",
  network: "direct",
});

/** A workspace on a machine. */
export const workspace = (name: string, on: string): NewWorkspace => ({
  name,
  machine: on,
  linuxUser: `ws-${name}`,
  path: `/opt/agentworks/workspaces/${name}`,
  template: "default",
  repo: null,
  branch: null,
});

/** An agent on a machine. */
export const agent = (name: string, on: string): NewAgent => ({
  name,
  machine: on,
  linuxUser: `agt-${name}`,
  template: "default",
  grantAll: false,
});

/** A session on a machine; the admin's without `by`. */
export const session = (name: string, on: string, at: string, by: string | null = null): NewSession => ({
  name,
  machine: on,
  workspace: at,
  agent: by,
  template: "default",
  command: "",
  linuxUser: by === null ? "agentworks" : `agt-${by}`,
  createdWorkspace: false,
  createdAgent: false,
});
