import type { View } from "./listen.ts";

/**
 * A view that shows what a failed step printed. Events and output come over two streams with no order between them: the last words
 * of a step may come after the word that it failed. So what is shown next waits for the log to reach another step, or for its end.
 */
export function inOrder(view: View): View & { readonly settle: () => void } {
  let waiting: (() => void)[] | undefined;
  let running = "";
  const settle = (): void => {
    const shown = waiting ?? [];
    waiting = undefined;
    for (const show of shown) show();
  };
  const self = {
    stepStarted(index: number, total: number, name: string): void {
      if (waiting !== undefined) return void waiting.push(() => self.stepStarted(index, total, name));
      running = name;
      view.stepStarted(index, total, name);
    },
    stepEnded(...[result, ms]: Parameters<View["stepEnded"]>): void {
      if (waiting !== undefined) return void waiting.push(() => self.stepEnded(result, ms));
      if (result === "failed") waiting = [() => view.stepEnded(result, ms)];
      else view.stepEnded(result, ms);
    },
    output(line: string): void {
      const [, begun] = /^--- (.*) {2}\d\d:\d\d:\d\d$/.exec(line) ?? [];
      if (begun !== undefined && begun !== running) settle();
      view.output(line);
    },
    note: (text: string) => view.note(text),
    settle,
  };
  return self;
}
