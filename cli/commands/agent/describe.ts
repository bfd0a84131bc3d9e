import { z } from "zod";
import { command } from "../../command.ts";
import { agentNamed } from "../../operations/choose.ts";
import { listed, record } from "../../ui/table.ts";

/** `agent describe`: an agent, where it may work, and its sessions; from the state alone. */
export const agentDescribe = command({
  name: "agent describe",
  summary: "Show an agent: its user, where it may work, its sessions",
  args: [{ name: "name", description: "The agent" }],
  flags: {},
  examples: ["agentworks agent describe claude", "agentworks agent describe claude --json"],
  input: z.object({ name: z.string() }),
  kind: "read",
  async run({ name }, context) {
    const agent = agentNamed(context, name);
    const state = context.state();
    const grants = state.grants
      .list({ agents: [name] })
      .map(({ workspace, kind, session }) => ({ workspace, kind, session }));
    const sessions = state.sessions.list({ agents: [name] });
    const known = record([
      ["Name", agent.name],
      ["VM", agent.machine],
      ["Linux user", agent.linuxUser],
      ["Uid", agent.uid === null ? "-" : String(agent.uid)],
      ["Template", agent.template],
      ["State", agent.lifecycle],
      ["Grant all", agent.grantAll ? "yes" : "no"],
      ["Created", agent.createdAt],
    ]);
    const explicit = grants.flatMap(({ workspace, kind }) => (kind === "explicit" ? [workspace] : []));
    const implicit = grants.flatMap(({ workspace, session }) =>
      session === null ? [] : [`${workspace}  (session: ${session})`],
    );
    const held = sessions.map((session) => `${session.name}  [${session.template}]  workspace: ${session.workspace}`);
    return {
      data: { agent, grants, sessions },
      text: () =>
        [
          known,
          listed("Explicit grants", explicit),
          listed("Grants by sessions", implicit),
          listed("Sessions", held),
        ].join("\n\n"),
    };
  },
});
