import { CHECKOUT, type Story } from "./story.ts";

/** Who has no machine yet, and makes some on this computer. */
export const MAKING: Story = {
  "npm run quickstart": { at: CHECKOUT, shows: "agentworks session attach first-session" },
  "agentworks quickstart --remove": { talk: [["?", "y"]] },
  "agentworks vm create dev --dry-run | less": { talk: [["#>", "q"]] },
  "agentworks vm create dev --cpus 2 --memory 4 --disk 20": { shows: "complete" },
  "agentworks vm stop dev": {},
  "agentworks vm start dev": {},
  "agentworks vm logs dev --serial": { shows: "Power down" },
  "agentworks vm delete dev": { talk: [["?", "y"]] },
};
