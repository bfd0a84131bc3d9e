import { expect, test } from "bun:test";
import { inOrder } from "../../../cli/run/in-order.ts";

function recorded() {
  const shown: string[] = [];
  const view = inOrder({
    stepStarted: (index, _total, name) => shown.push(`started ${index} ${name}`),
    output: (line) => shown.push(line),
    stepEnded: (result) => shown.push(result),
    note: (text) => shown.push(`note ${text}`),
  });
  return { shown, view };
}

test("what a failed step printed is shown with it, although it came later", () => {
  const { shown, view } = recorded();
  view.stepStarted(1, 2, "one");
  view.stepEnded("failed", 5);
  view.stepStarted(2, 2, "two");
  view.stepEnded("failed", 5);
  view.output("--- one  12:00:00");
  view.output("why one failed");
  view.output("--- two  12:00:01");
  view.output("why two failed");
  view.settle();
  expect(shown).toEqual([
    ...["started 1 one", "--- one  12:00:00", "why one failed", "failed"],
    ...["started 2 two", "--- two  12:00:01", "why two failed", "failed"],
  ]);
});

test("what did not fail is shown at once, and so is a note", () => {
  const { shown, view } = recorded();
  view.stepStarted(1, 2, "one");
  view.stepEnded("changed", 5);
  view.stepStarted(2, 2, "two");
  view.stepEnded("failed", 5);
  view.note("reconnecting");
  expect(shown).toEqual(["started 1 one", "changed", "started 2 two", "note reconnecting"]);
  view.settle();
  view.settle();
  expect(shown.at(-1)).toBe("failed");
  expect(shown).toHaveLength(5);
});
