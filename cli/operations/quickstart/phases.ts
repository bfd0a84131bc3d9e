import type { Context } from "../../context.ts";
import type { Part } from "../../state/quickstart.ts";

/** What became of one part of quickstart. */
export interface Done {
  /** A path, or a name. */
  readonly name: string;
  readonly result: "found" | "made" | "removed" | "kept";
  readonly why: string;
}

/** One part of quickstart that is over, with the seconds that it took. */
export interface Phase extends Done {
  readonly part: "platform" | Part;
  readonly seconds: number;
}

/** The phases of one quickstart: each is said when it is over, and all are kept for the end. */
export interface Phases {
  run<One extends Done>(part: Phase["part"], work: () => Promise<One>): Promise<One>;
  readonly over: readonly Phase[];
  /** Since the beginning. */
  seconds(): number;
}

/** Begins, without any phase yet. */
export function phases({ screen, now }: Pick<Context, "screen" | "now">): Phases {
  const over: Phase[] = [];
  const start = now().getTime();
  const since = (time: number): number => Math.round((now().getTime() - time) / 100) / 10;
  return {
    over,
    seconds: () => since(start),
    async run(part, work) {
      const began = now().getTime();
      const done = await work();
      const { name, result, why } = done;
      const seconds = since(began);
      over.push({ part, name, result, why, seconds });
      screen.err(`${part} ${result}: ${name} (${why})${seconds < 1 ? "" : `, ${seconds.toFixed(1)} s`}`);
      return done;
    },
  };
}
