import type { RunOutcome, StepResult } from "../../steps/step.ts";
import { printableLine } from "./printable.ts";
import type { Screen } from "./screen.ts";
import { type Style, styleFor } from "./style.ts";
import { cut } from "./table.ts";

/** The progress of one run on one machine, on stderr. */
export interface LiveView {
  /** `index` counts from 1. */
  stepStarted(index: number, total: number, name: string): void;
  /** A line that the step printed. */
  output(line: string): void;
  /** How far the step is, in place of what was said of that before. */
  progress(words: string): void;
  stepEnded(result: StepResult, ms: number): void;
  /** A sentence beside the steps: a wait, a reconnect. */
  note(text: string): void;
  finish(outcome: RunOutcome, counts: Readonly<Record<StepResult, number>>): void;
  /** Stops drawing without a verdict: the run's end is not known. */
  close(): void;
}

interface RunningStep {
  readonly index: number;
  readonly total: number;
  readonly name: string;
  readonly since: number;
  readonly lines: string[];
}

/** How many lines of a failed step are shown. */
const TAIL = 15;
const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ERASE = "\r\x1b[2K";

/** On a terminal one line is redrawn in place; elsewhere steps that changed or failed are plain lines. */
export function liveView(screen: Screen, title: string, now: () => Date): LiveView {
  const style = styleFor({ color: screen.errColor });
  const inPlace = screen.isTTY("stderr");
  const began = now().getTime();
  const seconds = (since: number): number => (now().getTime() - since) / 1000;
  let running: RunningStep | undefined;
  let frame = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const redraw = (): void => {
    if (running === undefined || !inPlace) return;
    screen.draw(
      ERASE +
        statusLine(running, FRAMES[frame++ % FRAMES.length] ?? "", seconds(running.since), screen.errWidth, style),
    );
  };
  const say = (text: string): void => {
    screen.draw(`${inPlace ? ERASE : ""}${text}\n`);
    redraw();
  };

  return {
    stepStarted(index, total, name) {
      running = { index, total, name: printableLine(name), since: now().getTime(), lines: [] };
      if (inPlace) timer ??= setInterval(redraw, 100);
      redraw();
    },
    output(line) {
      running?.lines.push(printableLine(line));
      if (running && running.lines.length > TAIL) running.lines.shift();
    },
    progress(words) {
      running?.lines.splice(0, running.lines.length, printableLine(words));
    },
    stepEnded(result, ms) {
      const ended = running;
      running = undefined;
      if (ended === undefined || result === "unchanged" || result === "skipped") return;
      say(endedLine(ended.name, result, ms, style));
      if (result === "failed") for (const line of ended.lines) say(`    ${style.dim(line)}`);
    },
    note(text) {
      say(printableLine(text));
    },
    close() {
      clearInterval(timer);
      running = undefined;
      if (inPlace) screen.draw(ERASE);
    },
    finish(outcome, counts) {
      clearInterval(timer);
      running = undefined;
      say(
        `${printableLine(title)}: ${coloredOutcome(outcome, style)} (${countsText(counts)}) in ${duration(seconds(began))}`,
      );
    },
  };
}

function statusLine(step: RunningStep, spinner: string, elapsed: number, width: number, { cyan, dim }: Style): string {
  const head = `[${step.index}/${step.total}] ${step.name}  ${duration(elapsed)}`;
  const shown = cut(head, width - 3);
  const left = width - 5 - Bun.stringWidth(shown);
  const last = step.lines.at(-1)?.trim() ?? "";
  const tail = last !== "" && left > 8 ? `  ${dim(cut(last, left))}` : "";
  return `${cyan(spinner)} ${shown}${tail}`;
}

function endedLine(name: string, result: "changed" | "failed", ms: number, { green, red }: Style): string {
  const mark = result === "failed" ? red("failed") : green("ok");
  return `${mark}  ${name} (${result === "failed" ? "" : "changed, "}${(ms / 1000).toFixed(1)}s)`;
}

function coloredOutcome(outcome: RunOutcome, { green, yellow, red }: Style): string {
  switch (outcome) {
    case "complete":
      return green(outcome);
    case "partial":
      return yellow(outcome);
    case "failed":
    case "interrupted":
    case "lost":
      return red(outcome);
  }
}

function countsText(counts: Readonly<Record<StepResult, number>>): string {
  const order = ["changed", "unchanged", "failed", "skipped"] as const;
  const shown = order.filter((result) => counts[result] > 0).map((result) => `${counts[result]} ${result}`);
  return shown.length === 0 ? "no steps" : shown.join(", ");
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  return `${Math.floor(seconds / 60)}m${String(Math.floor(seconds % 60)).padStart(2, "0")}s`;
}
