import { workspaceCreate, workspaceDelete, workspaceDescribe, workspaceList } from "../../schemas/workspace.ts";
import type { Question, Row } from "../row.ts";

const WHICH: Question = { asks: "The workspace?", keys: "$NAME\r" };

/** The rows of `workspace`: what makes one and shows it, and what removes it. */
export const WORKSPACE_ROWS: Readonly<Record<"making" | "removing", readonly Row[]>> = {
  making: [
    {
      command: "workspace create",
      flags: ["$NAME", "--vm", "dev", "--template", "default", "--repo", "file:///srv/origin", "--branch", "main"],
      says: "Workspace 'site' is ready on 'dev'",
      proof: "[[ -d /opt/agentworks/workspaces/$NAME ]]",
      missing: [
        { words: ["--vm", "dev"], named: "NAME" },
        { words: ["$NEW"], named: "--vm" },
      ],
      asked: {
        words: [],
        questions: [
          { asks: "What the workspace is to be called?", keys: "$NAME\r" },
          { asks: "Which machine?", keys: "\r" },
        ],
      },
      data: workspaceCreate,
    },
    {
      command: "workspace list",
      flags: ["--vm", "dev"],
      says: "site",
      missing: [],
      asked: null,
      data: workspaceList,
    },
    {
      command: "workspace describe",
      flags: ["$NAME"],
      says: "/opt/agentworks/workspaces/site",
      missing: [{ words: [], named: "NAME" }],
      asked: { words: [], questions: [WHICH] },
      data: workspaceDescribe,
    },
  ],
  removing: [
    {
      command: "workspace delete",
      flags: ["$NAME", "--force", "--yes"],
      says: "Workspace 'site' is deleted.",
      proof: "[[ ! -e /opt/agentworks/workspaces/$NAME ]]",
      missing: [
        { words: ["--force", "--yes"], named: "NAME" },
        { words: ["$NAME", "--force"], named: "--yes" },
      ],
      asked: { words: [], questions: [WHICH, { asks: "Delete workspace '$NAME'", keys: "y", no: "n" }] },
      data: workspaceDelete,
    },
  ],
};
