import type { Command } from "./command.ts";

/** One line of the product's table of contents. The command itself is loaded when it is asked for: start-up stays short. */
export interface Entry {
  readonly name: string;
  readonly load: () => Promise<Command>;
}

/** Every command. */
export const COMMANDS: readonly Entry[] = [
  { name: "quickstart", load: async () => (await import("./commands/quickstart.ts")).quickstart },
  { name: "vm create", load: async () => (await import("./commands/vm/create.ts")).vmCreate },
  { name: "vm list", load: async () => (await import("./commands/vm/list.ts")).vmList },
  { name: "vm describe", load: async () => (await import("./commands/vm/describe.ts")).vmDescribe },
  { name: "vm shell", load: async () => (await import("./commands/vm/shell.ts")).vmShell },
  { name: "vm exec", load: async () => (await import("./commands/vm/exec.ts")).vmExec },
  { name: "vm start", load: async () => (await import("./commands/vm/start.ts")).vmStart },
  { name: "vm stop", load: async () => (await import("./commands/vm/stop.ts")).vmStop },
  { name: "vm reinit", load: async () => (await import("./commands/vm/reinit.ts")).vmReinit },
  { name: "vm plan", load: async () => (await import("./commands/vm/plan.ts")).vmPlan },
  { name: "vm delete", load: async () => (await import("./commands/vm/delete.ts")).vmDelete },
  { name: "vm logs", load: async () => (await import("./commands/vm/logs.ts")).vmLogs },
  { name: "workspace create", load: async () => (await import("./commands/workspace/create.ts")).workspaceCreate },
  { name: "workspace list", load: async () => (await import("./commands/workspace/list.ts")).workspaceList },
  {
    name: "workspace describe",
    load: async () => (await import("./commands/workspace/describe.ts")).workspaceDescribe,
  },
  { name: "workspace delete", load: async () => (await import("./commands/workspace/delete.ts")).workspaceDelete },
  { name: "agent create", load: async () => (await import("./commands/agent/create.ts")).agentCreate },
  { name: "agent list", load: async () => (await import("./commands/agent/list.ts")).agentList },
  { name: "agent describe", load: async () => (await import("./commands/agent/describe.ts")).agentDescribe },
  { name: "agent delete", load: async () => (await import("./commands/agent/delete.ts")).agentDelete },
  { name: "session create", load: async () => (await import("./commands/session/create.ts")).sessionCreate },
  { name: "session list", load: async () => (await import("./commands/session/list.ts")).sessionList },
  { name: "session describe", load: async () => (await import("./commands/session/describe.ts")).sessionDescribe },
  { name: "session attach", load: async () => (await import("./commands/session/attach.ts")).sessionAttach },
  { name: "session stop", load: async () => (await import("./commands/session/stop.ts")).sessionStop },
  { name: "session delete", load: async () => (await import("./commands/session/delete.ts")).sessionDelete },
];
