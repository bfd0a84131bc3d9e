import { z } from "zod";
import { command } from "../../command.ts";
import { agentName } from "../../config/names.ts";
import { createAgent } from "../../operations/agent/create.ts";

/** `agent create`: a Linux user on a machine for an AI to work as. */
export const agentCreate = command({
  name: "agent create",
  summary: "Make an agent: a Linux user of its own on a machine",
  args: [{ name: "name", description: "What the agent is to be called" }],
  flags: {
    vm: { description: "The machine; not needed where there is one only", value: "NAME" },
    template: { description: "The template of the agent ([agent_templates.*])", value: "NAME" },
    "grant-all-workspaces": { description: "It may work in every workspace of the machine, later ones too" },
  },
  examples: [
    "agentworks agent create claude",
    "agentworks agent create claude --vm dev --template coder --grant-all-workspaces",
    "agentworks agent create claude --dry-run",
  ],
  input: z.object({
    name: agentName,
    vm: z.string().optional(),
    template: z.string().optional(),
    grantAllWorkspaces: z.boolean().optional(),
  }),
  kind: "change",
  run: createAgent,
});
