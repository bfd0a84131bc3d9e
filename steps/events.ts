import type { RunOutcome, StepResult } from "./step.ts";

/** What a machine tells about a run, one line each: `@agw <microseconds> <kind> …`, tab-separated (steps/runtime.sh, loader.sh). */
export type Event =
  | { readonly kind: "hello"; readonly bootId: string; readonly known: boolean }
  | { readonly kind: "torn" | "lost" | "bye" }
  | { readonly kind: "nostart"; readonly reason: string }
  | { readonly kind: "run"; readonly at: number; readonly steps: number }
  | { readonly kind: "wait"; readonly lock: string; readonly holder: string }
  | {
      readonly kind: "started";
      readonly at: number;
      readonly step: number;
      readonly id: string;
      readonly subject: string;
      readonly name: string;
    }
  | { readonly kind: "result"; readonly at: number; readonly step: number; readonly result: StepResult }
  | { readonly kind: "report"; readonly step: number; readonly value: string }
  | { readonly kind: "end"; readonly at: number; readonly outcome: RunOutcome | "busy" };

const MARK = "@agw\t";
const RESULTS: readonly string[] = ["unchanged", "changed", "failed", "skipped"];
const OUTCOMES: readonly string[] = ["complete", "partial", "failed", "interrupted", "busy"];

/** One line as an event; anything that is not one of ours (a `.bashrc` that prints, a banner) is undefined. */
export function parseEvent(line: string): Event | undefined {
  if (!line.startsWith(MARK)) return undefined;
  const [time = "", kind = "", ...words] = line.slice(MARK.length).split("\t").map(plain);
  const at = Number(time) / 1000;
  const [first = "", second = "", ...rest] = words;
  switch (kind) {
    case "hello":
      return /^[0-9a-f-]{36}$/.test(first) ? { kind, bootId: first, known: second === "known" } : undefined;
    case "torn":
    case "lost":
    case "bye":
      return { kind };
    case "nostart":
      return { kind, reason: first };
    case "run":
      return { kind, at, steps: Number(first) };
    case "wait":
      return { kind, lock: first, holder: second };
    case "step":
      return stepEvent(at, Number(first), second, rest);
    case "report":
      return { kind, step: Number(first), value: Buffer.from(second, "base64").toString() };
    case "end":
      return OUTCOMES.includes(first) ? { kind, at, outcome: first as RunOutcome | "busy" } : undefined;
    default:
      return undefined;
  }
}

/** As runtime.sh escapes them: a tab or newline in a name would end the word or the line. */
function plain(word: string): string {
  return word.replaceAll(/\\([\\tn])/g, (_, letter: string) => ({ t: "\t", n: "\n" })[letter] ?? letter);
}

function stepEvent(at: number, step: number, word: string, rest: readonly string[]): Event | undefined {
  const [id = "", subject = "", name = ""] = rest;
  if (word === "start") return { kind: "started", at, step, id, subject, name };
  return RESULTS.includes(word) ? { kind: "result", at, step, result: word as StepResult } : undefined;
}

/** What became of one step. `ms` is measured by the machine's clock. */
export interface StepOutcome {
  readonly id: string;
  readonly subject: string;
  readonly name: string;
  readonly result: StepResult;
  readonly ms: number;
  readonly report?: string;
}

/** A run as told so far. `outcome` is undefined while it goes on. */
export interface Folded {
  readonly steps: readonly StepOutcome[];
  readonly outcome: RunOutcome | "busy" | undefined;
}

/** A run's result is a fold over its events. */
export function fold(events: readonly Event[]): Folded {
  const steps: StepOutcome[] = [];
  const started = new Map<number, Extract<Event, { kind: "started" }>>();
  const reports = new Map<number, string>();
  let outcome: Folded["outcome"];
  for (const event of events) {
    if (event.kind === "started") started.set(event.step, event);
    if (event.kind === "report") reports.set(event.step, event.value);
    if (event.kind === "end") outcome = event.outcome;
    if (event.kind !== "result") continue;
    const start = started.get(event.step);
    if (start === undefined) continue;
    const { id, subject, name, at } = start;
    const report = reports.get(event.step);
    steps.push({
      id,
      subject,
      name,
      result: event.result,
      ms: Math.round(event.at - at),
      ...(report === undefined ? {} : { report }),
    });
  }
  return { steps, outcome };
}

/** What a step reported, or undefined when it did not run or reports nothing. */
export function reportOf(folded: Folded, id: string, subject = ""): string | undefined {
  return folded.steps.find((step) => step.id === id && step.subject === subject)?.report;
}
