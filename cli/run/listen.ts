import { type Event, fold, type StepOutcome } from "../../steps/events.ts";
import type { StepResult } from "../../steps/step.ts";
import type { State } from "../state/state.ts";
import type { Listener } from "./follow.ts";
import { inOrder } from "./in-order.ts";

/** Where a run is shown while it goes on (cli/ui/live.ts). */
export interface View {
  stepStarted(index: number, total: number, name: string): void;
  output(line: string): void;
  stepEnded(result: StepResult, ms: number): void;
  note(text: string): void;
}

/** Where a run is written down (cli/workstation/logs.ts). */
export interface Log {
  line(text: string): void;
}

/** What a run came to, for whoever listened to its end. */
export interface Heard {
  /** All that was told. */
  readonly events: readonly Event[];
  /** Shows what waits for more output: there is no more. */
  readonly settle: () => void;
}

/** What the machine's log says above the lines of a step: the view has the step's name already. */
const HEADLINE = /^--- .* {2}\d\d:\d\d:\d\d$/;

/** A listener that shows, logs and records a run as it is told. */
export function listen(state: State, run: string, shown: View, log: Log): Listener & Heard {
  const view = inOrder(shown);
  const events: Event[] = [];
  let total = 0;
  const ended = (outcome: StepOutcome | undefined, position: number) => {
    if (outcome === undefined) return;
    view.stepEnded(outcome.result, outcome.ms);
    const { id, subject, name, result, ms } = outcome;
    state.stepResults.record(run, { position, step: id, subject, name, result, ms });
    log.line(`=== ${name}: ${result} (${ms} ms)`);
  };
  return {
    events,
    settle: view.settle,
    event(event) {
      events.push(event);
      switch (event.kind) {
        case "hello":
          return state.runs.setBootId(run, event.bootId);
        case "run":
          total = event.steps;
          return;
        case "wait":
          return view.note(`waiting for ${event.holder} (lock ${event.lock})`);
        case "started":
          return view.stepStarted(event.step, total, event.name);
        case "result":
          return ended(fold(events).steps.at(-1), event.step - 1);
        default:
          return;
      }
    },
    output(line) {
      if (!HEADLINE.test(line)) view.output(line);
      log.line(line);
    },
    note(text) {
      view.note(text);
      log.line(`# ${text}`);
    },
  };
}
