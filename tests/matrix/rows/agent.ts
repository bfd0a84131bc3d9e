import { agentCreate, agentDelete, agentDescribe, agentList } from "../../schemas/agent.ts";
import type { Question, Row } from "../row.ts";

const WHICH: Question = { asks: "The agent?", keys: "$NAME\r" };

/** The rows of `agent`: what makes one and shows it, and what removes it. */
export const AGENT_ROWS: Readonly<Record<"making" | "removing", readonly Row[]>> = {
  making: [
    {
      command: "agent create",
      flags: ["$NAME", "--vm", "dev", "--template", "default"],
      says: "Agent 'claude' is ready on 'dev' (user: agt-claude).",
      proof: "id agt-$NAME",
      missing: [
        { words: ["--vm", "dev"], named: "NAME" },
        { words: ["$NEW"], named: "--vm" },
      ],
      asked: {
        words: ["--grant-all-workspaces"],
        questions: [
          { asks: "What the agent is to be called?", keys: "$NAME\r" },
          { asks: "Which machine?", keys: "\r" },
        ],
      },
      data: agentCreate,
    },
    {
      command: "agent list",
      flags: ["--vm", "dev"],
      says: "claude",
      missing: [],
      asked: null,
      data: agentList,
    },
    {
      command: "agent describe",
      flags: ["$NAME"],
      says: "agt-claude",
      missing: [{ words: [], named: "NAME" }],
      asked: { words: [], questions: [WHICH] },
      data: agentDescribe,
    },
  ],
  removing: [
    {
      command: "agent delete",
      flags: ["$NAME", "--force", "--yes"],
      says: "Agent 'claude' is deleted.",
      proof: "! id agt-$NAME",
      missing: [
        { words: ["--force", "--yes"], named: "NAME" },
        { words: ["$NAME", "--force"], named: "--yes" },
      ],
      asked: { words: [], questions: [WHICH, { asks: "Delete agent '$NAME'", keys: "y", no: "n" }] },
      data: agentDelete,
    },
  ],
};
