import { z } from "zod";
import { command } from "../../command.ts";
import { sessionNamed } from "../../operations/choose.ts";
import { askStatuses, NOT_ASKED, shownStatus } from "../../operations/session/status.ts";
import { record } from "../../ui/table.ts";

/** `session describe`: a session, and how its machine says it is. */
export const sessionDescribe = command({
  name: "session describe",
  summary: "Show a session: where it runs, as whom, what, and how it is",
  args: [{ name: "name", description: "The session" }],
  flags: {},
  examples: ["agentworks session describe fix", "agentworks session describe fix --json"],
  input: z.object({ name: z.string() }),
  kind: "read",
  async run({ name }, context) {
    const session = sessionNamed(context, name);
    const status = (await askStatuses(context, [session])).get(name) ?? NOT_ASKED;
    const data = { ...session, ...status };
    const text = record([
      ["Name", session.name],
      ["Workspace", session.workspace],
      ["VM", session.machine],
      ["Template", session.template],
      ["Mode", session.agent === null ? "admin" : `agent (${session.agent})`],
      ["Linux user", session.linuxUser],
      ["Command", session.command === "" ? "(login shell)" : session.command],
      ["State", session.lifecycle],
      ["Status", shownStatus(data)],
      ["Created", session.createdAt],
      ["Updated", session.updatedAt],
    ]);
    return { data, text: () => text };
  },
});
