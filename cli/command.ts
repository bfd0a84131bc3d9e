import type { z } from "zod";
import type { Context } from "./context.ts";

/** A flag as it is typed. Without `value` it is a switch. `many`: may be repeated; comma lists stay one string. */
export interface Flag {
  readonly description: string;
  /** The placeholder in the help: `NAME`. */
  readonly value?: string;
  readonly short?: string;
  readonly many?: boolean;
}

/** A positional argument. `rest`: everything after it, untouched, options included (a leading `--` is dropped). */
export interface Argument {
  readonly name: string;
  readonly description: string;
  readonly rest?: boolean;
}

/**
 * One command, one file. Values arrive exactly as typed, as strings (switches as `true`); the zod object `input` turns them into
 * typed values: its keys are the camelCase names of the arguments and flags (`--new-agent` → `newAgent`).
 * An argument that is missing reaches zod as undefined; one that a prompt can ask for is optional in `input`.
 */
export interface Command<Input = unknown, Data = unknown> {
  /** `vm create`, as typed. */
  readonly name: string;
  readonly summary: string;
  readonly args: readonly Argument[];
  readonly flags: Readonly<Record<string, Flag>>;
  readonly examples: readonly string[];
  readonly input: z.ZodType<Input>;
  /** `read`: --dry-run is refused; `change`: --dry-run works; `interactive`: takes the terminal, no --json. */
  readonly kind: "read" | "change" | "interactive";
  /** A method, not a property: so the table of commands may hold them all as `Command`. */
  run(input: Input, context: Context): Promise<Result<Data>>;
}

/** What a command returns: one record, shown as `--json` prints it or by `text` for people. */
export interface Result<Data> {
  readonly data: Data;
  /** Lines for people, without a final newline; empty prints nothing. */
  readonly text: (screen: { readonly width: number; readonly color: boolean }) => string;
  /** Default 0. 3 = changes pending, 4 = partial; a remote code for exec, shell, attach. */
  readonly exitCode?: number;
}

/** Keeps the input's type while the table of commands forgets it. */
export function command<Input, Data>(definition: Command<Input, Data>): Command<Input, Data> {
  return definition;
}
