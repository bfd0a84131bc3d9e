import type { MachineFacts } from "../../../steps/machine/facts.ts";
import type { Context } from "../../context.ts";
import { parseAgent, parseSession, parseWorkspace } from "../../plan/records.ts";

/**
 * Enters into the state what our records on a machine tell of: its workspaces, agents and sessions. What the state has already,
 * or has under that name on another machine, is left as it is, and said.
 */
export function takeOver(context: Context, machine: string, facts: MachineFacts): void {
  const state = context.state();
  const texts = (kind: string) => facts.records.filter((record) => record.kind === kind).map((record) => record.text);
  state.transaction(() => {
    for (const record of texts("workspaces").flatMap((text) => parseWorkspace(text) ?? [])) {
      const { installation: _, ...row } = record;
      if (!isFree(context, "workspace", state.workspaces.find(record.name), machine)) continue;
      state.workspaces.insert({ ...row, machine });
      state.workspaces.setLifecycle(record.name, "ready");
    }
    for (const text of texts("agents")) {
      const record = parseAgent(text);
      if (record === undefined || !isFree(context, "agent", state.agents.find(record.name), machine)) continue;
      const { installation: _, ...row } = record;
      state.agents.insert({ ...row, machine });
      const uid = /^uid (\d+)$/m.exec(text)?.[1];
      state.agents.update(record.name, { lifecycle: "ready", ...(uid === undefined ? {} : { uid: Number(uid) }) });
    }
    for (const record of texts("sessions").flatMap((text) => parseSession(text) ?? [])) {
      const { installation: _, ...row } = record;
      if (!isFree(context, "session", state.sessions.find(record.name), machine)) continue;
      state.sessions.insert({ ...row, machine, createdWorkspace: false, createdAgent: false });
      state.sessions.update(record.name, { lifecycle: "ready" });
      if (record.agent !== null)
        state.grants.add({ agent: record.agent, workspace: record.workspace, session: record.name });
    }
  });
}

function isFree(
  context: Context,
  kind: string,
  taken: { readonly name: string; readonly machine: string } | null,
  machine: string,
): boolean {
  if (taken === null) return true;
  if (taken.machine !== machine) {
    context.screen.err(
      `Warning: ${kind} '${taken.name}' is on '${machine}' too, but the state has one on '${taken.machine}': left out.`,
    );
  }
  return false;
}
