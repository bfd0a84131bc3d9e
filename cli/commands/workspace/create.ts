import { z } from "zod";
import { command } from "../../command.ts";
import { plainText, workspaceName } from "../../config/names.ts";
import { createWorkspace } from "../../operations/workspace/create.ts";

/** `workspace create`: a project directory on a machine, empty or cloned. */
export const workspaceCreate = command({
  name: "workspace create",
  summary: "Make a workspace: a project directory on a machine",
  args: [{ name: "name", description: "What the workspace is to be called" }],
  flags: {
    vm: { description: "The machine; not needed where there is one only", value: "NAME" },
    template: { description: "The template of the workspace ([workspace_templates.*])", value: "NAME" },
    repo: {
      description: "The repository to clone; without it, and without one in the template, it is empty",
      value: "URL",
    },
    branch: { description: "The branch to check out", value: "NAME" },
  },
  examples: [
    "agentworks workspace create site",
    "agentworks workspace create site --repo https://github.com/me/site --branch main",
    "agentworks workspace create site --vm dev --dry-run",
  ],
  input: z.object({
    name: workspaceName,
    vm: z.string().optional(),
    template: z.string().optional(),
    repo: plainText.optional(),
    branch: plainText.optional(),
  }),
  kind: "change",
  run: createWorkspace,
});
