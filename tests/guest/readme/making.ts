import type { Reader } from "./reader.ts";
import { CHECKOUT, DETACH, type Story } from "./story.ts";

/** Where the machine is emulated, and shared with others who test. */
const BOOTED = { limitMs: 800_000 };

/** Who has nothing yet but a checkout. */
export function starting(reader: () => Reader): Story {
  return {
    "npm run quickstart": { ...BOOTED, at: CHECKOUT, shows: "session attach first-session" },
    "agentworks session attach first-session": {
      talk: [
        ["$ ", "id -un\r"],
        // The screen may be drawn anew before this is there.
        ["id -un", ""],
        ["$ ", DETACH],
      ],
    },
    // A machine that is emulated beside others may not answer in time at first.
    "agentworks session list --vm quickstart": { before: () => untilItAnswers(reader()) },
    "agentworks quickstart --remove": { talk: [["?", "y"]] },
  };
}

/** Who built the program, and makes a machine on this computer. */
export const MAKING: Story = {
  "npm ci": { at: CHECKOUT },
  "npm run build": { at: CHECKOUT },
  "agentworks vm create dev --dry-run | less": { talk: [["#>", "q"]] },
  "agentworks vm create dev --cpus 2 --memory 4 --disk 20": { ...BOOTED, shows: "complete" },
  "agentworks vm stop dev": {},
  "agentworks vm start dev": BOOTED,
  "agentworks vm logs dev --serial": { shows: "BEGIN SSH HOST KEY KEYS" },
  "agentworks vm delete dev": { talk: [["?", "y"]] },
};

async function untilItAnswers(reader: Reader): Promise<void> {
  for (let tries = 0; tries < 8; tries++) {
    const { shown } = await reader.type("agentworks session list --vm quickstart", ".");
    if (shown.includes("running")) return;
  }
}
