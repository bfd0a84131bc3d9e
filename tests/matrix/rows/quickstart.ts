import { quickstart } from "../../schemas/quickstart.ts";
import type { Row } from "../row.ts";

const ADOPT = ["--host", "$HOST", "--host-key", "$HOST_KEY"];
const DOWN = "\x1b[B";

const REMOVE = ["quickstart", "--remove", "--yes"];

/** When the guest is nobody's. */
export const QUICKSTART_ROW: Row = {
  command: "quickstart",
  flags: ["--platform", "ssh", ...ADOPT, "--yes"],
  before: { json: [REMOVE], asked: [REMOVE] },
  says: "Session 'first-session' of agent 'first-agent' runs in workspace 'first-project' on machine 'quickstart'.",
  proof: "systemctl --quiet is-active agentworks-session-first-session.service",
  missing: [
    { words: ["--platform", "ssh", "--yes"], named: "--host" },
    { words: ["--host", "$HOST", "--yes"], named: "--host-key SHA256:", contact: true },
    { words: ADOPT, named: "--yes", contact: true },
  ],
  asked: {
    words: ["--host", "$HOST"],
    questions: [
      { asks: "Is this the machine's key?", keys: `${DOWN}\r`, no: "\r" },
      { asks: "Go on?", keys: "y", no: "n" },
    ],
  },
  data: quickstart,
};
