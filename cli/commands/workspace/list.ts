import { z } from "zod";
import { command } from "../../command.ts";
import { namesIn } from "../../operations/choose.ts";
import { table } from "../../ui/table.ts";

/** `workspace list`: every workspace, from the state alone. */
export const workspaceList = command({
  name: "workspace list",
  summary: "List the workspaces",
  args: [],
  flags: {
    vm: { description: "Only those on these machines", value: "NAME,…", many: true },
    "names-only": { description: "Print the names alone, one a line" },
  },
  examples: ["agentworks workspace list", "agentworks workspace list --vm dev,lab --json"],
  input: z.object({ vm: z.array(z.string()).optional(), namesOnly: z.boolean().optional() }),
  kind: "read",
  async run({ vm, namesOnly }, context) {
    const { workspaces, sessions, machines } = context.state();
    const chosen = namesIn(vm, "machine", machines.names(), "agentworks vm list");
    const counts = countBy(sessions.list(), ({ workspace }) => workspace);
    const data = workspaces
      .list(chosen === undefined ? {} : { machines: chosen })
      .map((workspace) => ({ ...workspace, sessions: counts.get(workspace.name) ?? 0 }));
    const heading = ["NAME", "VM", "TEMPLATE", "STATE", "SESSIONS", "REPO", "CREATED"];
    const rows = data.map(({ name, machine, template, lifecycle, sessions: held, repo, createdAt }) => [
      ...[name, machine, template, lifecycle, String(held), repo ?? "-", createdAt],
    ]);
    return {
      data,
      text: (screen) => {
        if (namesOnly === true) return data.map(({ name }) => name).join("\n");
        if (data.length === 0) return "No workspaces. Create one: agentworks workspace create NAME";
        return table(heading, rows, screen);
      },
    };
  },
});

function countBy<T>(things: readonly T[], key: (thing: T) => string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const thing of things) counts.set(key(thing), (counts.get(key(thing)) ?? 0) + 1);
  return counts;
}
