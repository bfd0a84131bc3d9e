import type { Secret } from "./secret.ts";

/** What a step may be given. Lists become bash arrays, booleans `true` or `false`. */
export type Value = string | number | boolean | readonly string[] | Secret;

/** One sentence about a machine: a `.sh` file with `check`, `apply` and perhaps `report`, and the values it needs. */
export interface Step {
  /** Which file it is, without `.sh`, below `steps/`: `agent/account`. Unique in a plan together with `subject`. */
  readonly id: string;
  /** What a person reads: `user agt-claude`. */
  readonly name: string;
  /** What it is about when a plan holds the same step several times: the agent, the user, the workspace. */
  readonly subject: string;
  /** The Linux user it runs as. */
  readonly user: string;
  /** The run stops when it fails. */
  readonly fatal: boolean;
  /** Seconds after which it is stopped and counts as failed; 0 = never (package managers). */
  readonly limit: number;
  readonly values: Readonly<Record<string, Value>>;
  /** The file's text. */
  readonly text: string;
}

/** What one run does on one machine: in this order, under these locks. */
export interface Plan {
  /** The command it belongs to, for logs and for whoever waits: `vm reinit dev`. */
  readonly operation: string;
  /** Names below /run/agentworks/lock: `machine` is shared by every change unless `exclusive`. */
  readonly locks: readonly string[];
  /** Takes `machine` alone: stop, delete, rekey. */
  readonly exclusive: boolean;
  readonly steps: readonly Step[];
}

export type StepResult = "unchanged" | "changed" | "failed" | "skipped";
export type RunOutcome = "complete" | "partial" | "failed" | "interrupted" | "lost";

interface StepOptions {
  readonly name: string;
  readonly subject?: string;
  readonly user?: string;
  readonly fatal?: boolean;
  readonly limit?: number;
}

/** A step of the file `id`.sh with the text `text`. Fatal, as root and within 60 s unless said otherwise. */
export function step(id: string, text: string, values: Readonly<Record<string, Value>>, options: StepOptions): Step {
  const { name, subject = "", user = "root", fatal = true, limit = 60 } = options;
  return { id, name, subject, user, fatal, limit, values, text };
}
