import { expect, test } from "bun:test";
import type { Target } from "./target.ts";

/** Something that an agent tries. It is run twice: on the machine as the product makes it, and on one weakened in just one point. */
export interface Attack {
  /** What it is after: `the home of another agent`. */
  readonly name: string;
  /** As mallory would; what it prints. A text is a script over ssh. */
  readonly tries: string | ((target: Target) => Promise<string>);
  /** What it prints when it wins. */
  readonly won: RegExp;
  /** Takes one wall down, as root on the machine, and puts it up again. */
  readonly weaken: string;
  readonly restore: string;
}

/** Every attack fails against the product; every one wins where its wall is missing, or it would prove nothing. */
export function testAttacks(attacks: readonly Attack[], target: () => Target): void {
  for (const attack of attacks) {
    test(`fails: ${attack.name}`, async () => {
      expect(await attempt(attack, target())).not.toMatch(attack.won);
    });
  }
  for (const attack of attacks) {
    test(`wins on a weakened machine: ${attack.name}`, async () => {
      await target().root(attack.weaken);
      try {
        expect(await attempt(attack, target())).toMatch(attack.won);
      } finally {
        await target().root(attack.restore);
      }
    });
  }
}

/** Only an attempt that came to its end counts. */
async function attempt({ tries }: Attack, target: Target): Promise<string> {
  const said =
    typeof tries === "string" ? await target.as("agt-mallory", `${tries}\necho; echo tried`) : await tries(target);
  expect(said).toMatch(/^tried$/m);
  return said;
}
