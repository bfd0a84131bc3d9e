import { z } from "zod";
import { command } from "../../command.ts";
import { UsageError } from "../../errors.ts";
import { namesIn } from "../../operations/choose.ts";
import { askStatuses, NOT_ASKED, STATUSES, shownStatus } from "../../operations/session/status.ts";
import { table } from "../../ui/table.ts";

/** `session list`: every session and how it is; each machine is asked once, all at the same time. */
export const sessionList = command({
  name: "session list",
  summary: "List the sessions and how they are",
  args: [],
  flags: {
    vm: { description: "Only those on these machines", value: "NAME,…", many: true },
    workspace: { description: "Only those in these workspaces", value: "NAME,…", many: true },
    agent: { description: "Only those of these agents", value: "NAME,…", many: true },
    status: { description: `Only these: ${STATUSES.join(", ")}`, value: "STATUS,…", many: true },
    "no-status": { description: "Do not ask the machines" },
    "names-only": { description: "Print the names alone, one a line, without asking the machines" },
  },
  examples: [
    "agentworks session list",
    "agentworks session list --status running,exited --vm dev",
    "agentworks session list --no-status --json",
  ],
  input: z.object({
    vm: z.array(z.string()).optional(),
    workspace: z.array(z.string()).optional(),
    agent: z.array(z.string()).optional(),
    status: z.array(z.string()).optional(),
    noStatus: z.boolean().optional(),
    namesOnly: z.boolean().optional(),
  }),
  kind: "read",
  async run({ vm, workspace, agent, status, noStatus, namesOnly }, context) {
    const state = context.state();
    const machines = namesIn(vm, "machine", state.machines.names(), "agentworks vm list");
    const workspaces = namesIn(workspace, "workspace", state.workspaces.names(), "agentworks workspace list");
    const agents = namesIn(agent, "agent", state.agents.names(), "agentworks agent list");
    const wanted = namesIn(status, "status", STATUSES, "agentworks session list --help");
    if (noStatus === true && wanted !== undefined)
      throw new UsageError("--status and --no-status exclude each other", "agentworks session list --help");
    const sessions = state.sessions.list({
      ...(machines && { machines }),
      ...(workspaces && { workspaces }),
      ...(agents && { agents }),
    });
    const asking = noStatus !== true && (namesOnly !== true || wanted !== undefined);
    const statuses = asking ? await askStatuses(context, sessions) : undefined;
    const data = sessions
      .map((session) => ({ ...session, ...(statuses?.get(session.name) ?? NOT_ASKED) }))
      .filter((session) => wanted === undefined || wanted.includes(session.status ?? ""));
    const heading = ["NAME", "WORKSPACE", "VM", "TEMPLATE", "MODE", "STATUS"];
    const rows = data.map((session) => [
      ...[session.name, session.workspace, session.machine, session.template],
      ...[session.agent === null ? "admin" : `agent (${session.agent})`, shownStatus(session)],
    ]);
    return {
      data,
      text: (screen) => {
        if (namesOnly === true) return data.map(({ name }) => name).join("\n");
        if (sessions.length === 0) return "No sessions. Create one: agentworks session create NAME";
        return table(heading, rows, screen);
      },
    };
  },
});
