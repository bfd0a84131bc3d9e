import type { Interrupts } from "./context.ts";

/** Where signals come from: the process, or a test's EventEmitter. */
export interface SignalSource {
  on(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
  off(signal: "SIGINT" | "SIGTERM", listener: () => void): unknown;
}

/** Interrupts, and the end of watching for them. */
export interface WatchedInterrupts extends Interrupts {
  readonly stop: () => void;
}

/**
 * Ctrl-C and SIGTERM from now until `stop()`. A change gets two stages: the first asks it to stop and to undo, the second
 * leaves at once. What changes nothing is left at the first. SIGHUP ends us as it ends any program, and undoes nothing.
 */
export function watchInterrupts(source: SignalSource, stages: 1 | 2): WatchedInterrupts {
  const requested = new AbortController();
  const abandoned = new AbortController();
  const listener = (): void => {
    const first = !requested.signal.aborted;
    requested.abort();
    if (!first || stages === 1) abandoned.abort();
  };
  source.on("SIGINT", listener);
  source.on("SIGTERM", listener);
  return {
    requested: requested.signal,
    abandoned: abandoned.signal,
    stop: () => {
      source.off("SIGINT", listener);
      source.off("SIGTERM", listener);
    },
  };
}
