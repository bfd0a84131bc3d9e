import { type Agent, type AgentName, account, keys, slice, userGone } from "../../steps/agent/index.ts";
import { schedulers } from "../../steps/machine/index.ts";
import { gone } from "../../steps/session/index.ts";
import type { Plan } from "../../steps/step.ts";

/** An agent is made, or brought back to what it shall be. The uid is the report of `agent/account`. */
export function createAgentPlan(agent: Agent): Plan {
  return {
    operation: `agent create ${agent.name}`,
    locks: [`agent-${agent.name}`],
    exclusive: false,
    steps: [account(agent), schedulers(), slice(agent), keys(agent)],
  };
}

/** An agent goes, and its sessions before it. It also undoes what a create has made so far. */
export function deleteAgentPlan(agent: AgentName, sessions: readonly string[]): Plan {
  return {
    operation: `agent delete ${agent.name}`,
    locks: [`agent-${agent.name}`, ...sessions.map((name) => `session-${name}`)],
    exclusive: false,
    steps: [
      ...sessions.map((name) => gone({ name, installation: agent.installation })),
      userGone({ ...agent, kind: "agents" }),
    ],
  };
}
