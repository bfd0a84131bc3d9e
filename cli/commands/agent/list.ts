import { z } from "zod";
import { command } from "../../command.ts";
import { namesIn } from "../../operations/choose.ts";
import type { Grant } from "../../state/grants.ts";
import { table } from "../../ui/table.ts";

/** `agent list`: every agent and where it may work, from the state alone. */
export const agentList = command({
  name: "agent list",
  summary: "List the agents",
  args: [],
  flags: {
    vm: { description: "Only those on these machines", value: "NAME,…", many: true },
    "names-only": { description: "Print the names alone, one a line" },
  },
  examples: ["agentworks agent list", "agentworks agent list --vm dev --json"],
  input: z.object({ vm: z.array(z.string()).optional(), namesOnly: z.boolean().optional() }),
  kind: "read",
  async run({ vm, namesOnly }, context) {
    const { agents, grants, machines } = context.state();
    const chosen = namesIn(vm, "machine", machines.names(), "agentworks vm list");
    const byAgent = Map.groupBy(grants.list(), ({ agent }) => agent);
    const data = agents.list(chosen === undefined ? {} : { machines: chosen }).map((agent) => ({
      ...agent,
      grants: workspacesOf(byAgent.get(agent.name) ?? []),
    }));
    const heading = ["NAME", "VM", "TEMPLATE", "STATE", "WORKSPACE GRANTS"];
    const rows = data.map(({ name, machine, template, lifecycle, grantAll, grants: own }) => [
      ...[name, machine, template, lifecycle, shown(grantAll, own)],
    ]);
    return {
      data,
      text: (screen) => {
        if (namesOnly === true) return data.map(({ name }) => name).join("\n");
        if (data.length === 0) return "No agents. Create one: agentworks agent create NAME";
        return table(heading, rows, screen);
      },
    };
  },
});

interface Access {
  readonly workspace: string;
  /** False: only for as long as a session of the agent is there. */
  readonly explicit: boolean;
}

function workspacesOf(grants: readonly Grant[]): readonly Access[] {
  return [...Map.groupBy(grants, ({ workspace }) => workspace)].map(([workspace, own]) => ({
    workspace,
    explicit: own.some(({ kind }) => kind === "explicit"),
  }));
}

/** `*` marks a workspace that only sessions give access to. */
function shown(all: boolean, access: readonly Access[]): string {
  if (all) return "--ALL--";
  if (access.length === 0) return "(none)";
  return access.map(({ workspace, explicit }) => `${workspace}${explicit ? "" : "*"}`).join(",");
}
