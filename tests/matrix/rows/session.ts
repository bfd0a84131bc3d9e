import { sessionCreate, sessionDelete, sessionDescribe, sessionList, sessionStop } from "../../schemas/session.ts";
import type { Question, Row } from "../row.ts";

const WHICH: Question = { asks: "The session?", keys: "$NAME\r" };
const NO_NAME = { words: [], named: "NAME" } as const;
const ENDLESS = ["--command", "echo here is $NAME; sleep 1000"];

/** The rows of `session`, from one that is made to one that is gone. */
export const SESSION_ROWS: readonly Row[] = [
  {
    command: "session create",
    flags: ["$NAME", "--workspace", "site", "--agent", "claude", "--template", "default", ...ENDLESS],
    says: "Session 'fix' runs.",
    proof: "systemctl --quiet is-active agentworks-session-$NAME.service",
    missing: [
      { words: ["--workspace", "site", "--admin"], named: "NAME" },
      { words: ["$NEW", "--admin"], named: "--workspace" },
      { words: ["$NEW", "--workspace", "site"], named: "--agent NAME or --admin" },
    ],
    asked: {
      words: ENDLESS,
      questions: [
        { asks: "What the session is to be called?", keys: "$NAME\r" },
        { asks: "Which workspace?", keys: "\r" },
        { asks: "Run the session as?", keys: "\r" },
      ],
    },
    data: sessionCreate,
  },
  {
    command: "session list",
    flags: ["--vm", "dev", "--workspace", "site", "--agent", "claude", "--status", "running,stopped"],
    says: "running",
    missing: [],
    asked: null,
    data: sessionList,
  },
  {
    command: "session describe",
    flags: ["$NAME"],
    says: "running",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: sessionDescribe,
  },
  {
    command: "session attach",
    flags: ["$NAME"],
    exit: 2,
    says: "session attach takes the terminal, and there is none",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH], handed: [{ asks: "here is fix-asked", keys: "\x02d" }] },
    data: null,
  },
  {
    command: "session stop",
    flags: ["$NAME"],
    says: "Session 'fix' is stopped.",
    proof: "! systemctl --quiet is-active agentworks-session-$NAME.service",
    missing: [NO_NAME],
    asked: { words: [], questions: [WHICH] },
    data: sessionStop,
  },
  {
    command: "session delete",
    flags: ["$NAME", "--yes"],
    says: "Session 'fix' is deleted.",
    proof: "[[ ! -e /run/agentworks/sessions/$NAME && ! -e /var/lib/agentworks/sessions/$NAME ]]",
    missing: [
      { words: ["--yes"], named: "NAME" },
      { words: ["$NAME"], named: "--yes" },
    ],
    asked: { words: [], questions: [WHICH, { asks: "Delete session '$NAME'", keys: "y", no: "n" }] },
    data: sessionDelete,
  },
];
