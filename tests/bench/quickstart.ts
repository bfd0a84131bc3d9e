import type { z } from "zod";
import { operatorOf } from "../guest/cli.ts";
import { quickstart } from "../schemas/quickstart.ts";

/** What one part of a command took, in milliseconds: without any image, and with the one that was made then. */
export interface PartCost {
  readonly what: string;
  readonly cold: number;
  readonly cached: number;
}

/** Measures quickstart phase by phase, and `vm create`, on QEMU: first with nothing in the cache. */
export async function quickstartCosts(): Promise<readonly PartCost[]> {
  // The shell that images have: how long a mirror takes is not ours.
  await using operator = await operatorOf(undefined, { config: '[admin.config]\nshell = "bash"\n' });
  const remove = ["quickstart", "--remove", "--yes"];
  const measured = async () => {
    const parsed = quickstart.parse(await operator.json(["quickstart", "--platform", "qemu", "--yes"]));
    await operator.ok(remove);
    return parsed;
  };
  try {
    const cold = await measured();
    const cached = await measured();
    const { code, stderr, ms } = await operator.run(["vm", "create", "bench", "--platform", "qemu", ...SIZES]);
    if (code !== 0) throw new Error(`vm create ended with ${code}:\n${stderr}`);
    // A first vm create does what the first quickstart did to its machine.
    return [
      { what: "vm create on QEMU", cold: of(cold, "machine"), cached: ms },
      ...cold.phases.map(({ part }) => ({
        what: `quickstart: ${part}`,
        cold: of(cold, part),
        cached: of(cached, part),
      })),
      { what: "quickstart", cold: cold.seconds * 1000, cached: cached.seconds * 1000 },
    ];
  } finally {
    await operator.run(["vm", "delete", "bench", "--yes"]);
    await operator.run(remove);
  }
}

const SIZES = ["--cpus", "2", "--memory", "2", "--disk", "10"];

function of({ phases }: z.infer<typeof quickstart>, part: string): number {
  return 1000 * (phases.find((phase) => phase.part === part)?.seconds ?? Number.NaN);
}
