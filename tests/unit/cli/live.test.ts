import { describe, expect, test } from "bun:test";
import { liveView } from "../../../cli/ui/live.ts";
import { createScreen } from "../../../cli/ui/screen.ts";

/** A view on a screen that is no terminal, with a clock of its own. */
function plainView() {
  const written: string[] = [];
  const clock = { ms: 0 };
  const terminal = {
    write: (stream: string, text: string) => void written.push(`${stream}:${text}`),
    isTTY: () => false,
    columns: () => 80,
  };
  const view = liveView(createScreen(terminal, {}), "vm reinit dev", () => new Date(clock.ms));
  return { view, written, clock };
}

describe("progress without a terminal", () => {
  test("is plain lines: what changed, what failed with its last lines, and a count", () => {
    const { view, written, clock } = plainView();
    view.stepStarted(1, 3, "base packages");
    view.output("nothing to do");
    view.stepEnded("unchanged", 100);
    view.stepStarted(2, 3, "user agt-claude\x1b[1m");
    view.stepEnded("changed", 320);
    view.note("connection lost, resuming");
    view.stepStarted(3, 3, "clone");
    for (let i = 1; i <= 20; i++) view.output(`line ${i}\x1b[A`);
    view.stepEnded("failed", 1500);
    clock.ms = 83_000;
    view.finish("failed", { changed: 1, unchanged: 1, failed: 1, skipped: 2 });
    expect(written.join("")).toBe(
      [
        "ok  user agt-claude[1m (changed, 0.3s)",
        "connection lost, resuming",
        "failed  clone (1.5s)",
        ...Array.from({ length: 15 }, (_, i) => `    line ${i + 6}[A`),
        "vm reinit dev: failed (1 changed, 1 unchanged, 1 failed, 2 skipped) in 1m23s",
        "",
      ]
        .map((line) => (line === "" ? "" : `stderr:${line}\n`))
        .join(""),
    );
  });

  test("of a run with nothing to do is one line", () => {
    const { view, written } = plainView();
    view.stepStarted(1, 1, "base packages");
    view.stepEnded("unchanged", 10);
    view.finish("complete", { changed: 0, unchanged: 1, failed: 0, skipped: 0 });
    expect(written).toEqual(["stderr:vm reinit dev: complete (1 unchanged) in 0s\n"]);
  });
});
