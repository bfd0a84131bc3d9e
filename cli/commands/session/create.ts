import { z } from "zod";
import { command } from "../../command.ts";
import { plainText, sessionName } from "../../config/names.ts";
import { createSession } from "../../operations/session/create.ts";

/** `session create`: a persistent tmux in a workspace, as an agent or as the admin. */
export const sessionCreate = command({
  name: "session create",
  summary: "Start a session: a persistent terminal in a workspace",
  args: [{ name: "name", description: "What the session is to be called" }],
  flags: {
    workspace: { description: "Where it works; not needed where there is one only", value: "NAME" },
    agent: { description: "The agent that it runs as", value: "NAME" },
    admin: { description: "It runs as the machine's admin, who may do everything there" },
    template: { description: "The template of the session ([session_templates.*])", value: "NAME" },
    command: { description: "What it runs, in place of the template's command; empty is a login shell", value: "TEXT" },
  },
  examples: [
    "agentworks session create fix --workspace site --agent claude",
    "agentworks session create fix --agent claude --command 'claude --continue'",
    "agentworks session create look --workspace site --admin",
  ],
  input: z
    .object({
      name: sessionName,
      workspace: z.string().optional(),
      agent: z.string().optional(),
      admin: z.boolean().optional(),
      template: z.string().optional(),
      command: plainText.optional(),
    })
    .refine(({ agent, admin }) => agent === undefined || admin !== true, {
      error: "--agent and --admin exclude each other",
    }),
  kind: "change",
  run: createSession,
});
