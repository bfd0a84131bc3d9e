import { z } from "zod";
import { command } from "../../command.ts";
import { workspaceNamed } from "../../operations/choose.ts";
import { listed, record } from "../../ui/table.ts";

/** `workspace describe`: a workspace, its sessions, and who may work in it; from the state alone. */
export const workspaceDescribe = command({
  name: "workspace describe",
  summary: "Show a workspace: where it is, its sessions, who may work in it",
  args: [{ name: "name", description: "The workspace" }],
  flags: {},
  examples: ["agentworks workspace describe site", "agentworks workspace describe site --json"],
  input: z.object({ name: z.string() }),
  kind: "read",
  async run({ name }, context) {
    const workspace = workspaceNamed(context, name);
    const state = context.state();
    const sessions = state.sessions.list({ workspaces: [name] });
    const grants = state.grants.list({ workspaces: [name] });
    const users = new Map(state.agents.list({ machines: [workspace.machine] }).map((agent) => [agent.name, agent]));
    const agents = [...new Set(grants.map(({ agent }) => agent))].map((agent) => ({
      name: agent,
      linuxUser: users.get(agent)?.linuxUser ?? null,
      explicit: grants.some((grant) => grant.agent === agent && grant.kind === "explicit"),
      sessions: grants.flatMap((grant) => (grant.agent === agent && grant.session !== null ? [grant.session] : [])),
    }));
    const data = { workspace, sessions, agents };
    const known = record([
      ["Name", workspace.name],
      ["VM", workspace.machine],
      ["Template", workspace.template],
      ["State", workspace.lifecycle],
      ["Path", workspace.path],
      ["Linux user", workspace.linuxUser],
      ["Repository", workspace.repo ?? "-"],
      ["Branch", workspace.branch ?? "-"],
      ["Created", workspace.createdAt],
    ]);
    const held = sessions.map(
      (session) =>
        `${session.name}  [${session.template}]  ${session.agent === null ? "admin" : `agent: ${session.agent}`}`,
    );
    const allowed = agents.map((agent) => `${agent.name}  (user: ${agent.linuxUser ?? "-"})`);
    return {
      data,
      text: () => [known, listed("Sessions", held), listed("Agents with access", allowed)].join("\n\n"),
    };
  },
});
