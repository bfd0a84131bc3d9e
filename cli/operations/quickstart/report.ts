import { record, table } from "../../ui/table.ts";
import { NAMES } from "./names.ts";
import type { Phase } from "./phases.ts";
import type { Next } from "./spelled.ts";

/** What a person reads when all is there: how long it took, and what to do next. */
export function readyText(
  { phases, seconds, next }: { readonly phases: readonly Phase[]; readonly seconds: number; readonly next: Next },
  screen: { readonly width: number },
): string {
  const made = phases.some(({ result }) => result === "made");
  const head = made ? `Quickstart is ready, in ${shown(seconds)}.` : "Everything is in place.";
  const { session, agent, workspace, machine } = NAMES;
  return [
    ...(made ? [timings(phases, screen), ""] : []),
    `${head} Session '${session}' of agent '${agent}' runs in workspace '${workspace}' on machine '${machine}'.`,
    "",
    record([
      ["Attach to it", `${next.attach}   # leave it with Ctrl-b d: it goes on`],
      ["Look at it", next.look],
      ["Remove it all", next.remove],
    ]),
  ].join("\n");
}

/** What a person reads when it was taken back. */
export function removedText(
  { phases, seconds }: { readonly phases: readonly Phase[]; readonly seconds: number },
  screen: { readonly width: number },
): string {
  if (phases.length === 0) return "Nothing that quickstart made is left.";
  const kept = phases.some(({ result }) => result === "kept");
  const head = kept ? "What quickstart made is removed, but for what is kept" : "All that quickstart made is removed";
  return `${timings(phases, screen)}\n\n${head}, in ${shown(seconds)}.`;
}

function timings(phases: readonly Phase[], screen: { readonly width: number }): string {
  const rows = phases.map(({ part, result, name, seconds }) => [part, result, name, shown(seconds)]);
  return table(["PART", "", "NAME", "TIME"], rows, screen);
}

function shown(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}
