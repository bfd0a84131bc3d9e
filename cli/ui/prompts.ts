import type { GlobalFlags } from "../context.ts";
import { Cancelled, UsageError } from "../errors.ts";
import { printableLine } from "./printable.ts";
import type { Screen } from "./screen.ts";

/** What can answer a question without a prompt: `--agent NAME`, or an act in words. */
interface Answerable {
  readonly flag: string;
}

/** One line of a selection. */
export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly hint?: string;
}

/**
 * Asks the operator. Without a terminal, or with --non-interactive, nothing is asked: the error names the flag that would have
 * answered. Questions go to stderr, so stdout stays data. Leaving a question throws Cancelled.
 */
export interface Prompts {
  /** Whether a question would be asked. */
  readonly interactive: boolean;
  text(question: string, options: Answerable & { readonly initial?: string; readonly check?: Check }): Promise<string>;
  select<T extends string>(question: string, choices: readonly Choice<T>[], options: Answerable): Promise<T>;
  /** `--yes` answers with yes. `flag` is `--yes` unless another one is the answer. */
  confirm(question: string, options?: Partial<Answerable>): Promise<boolean>;
  /** Typed hidden. */
  secret(question: string, options: Answerable & { readonly check?: Check }): Promise<string>;
}

/** What is wrong with an answer, in words; it is asked again. */
type Check = (value: string) => string | undefined;

interface Asker {
  readonly screen: Screen;
  readonly flags: GlobalFlags;
  /** `vm create`: for the error that names the flag. */
  readonly command: string;
  /** Aborts the question. */
  readonly signal: AbortSignal;
}

/** The prompts of one command. */
export function createPrompts({ screen, flags, command, signal }: Asker): Prompts {
  const interactive = (): boolean => !flags.nonInteractive && screen.isTTY("stdin") && screen.isTTY("stderr");
  const ask = async <T>(
    question: string,
    flag: string,
    show: (clack: Clack, common: Common) => Promise<T | symbol>,
  ): Promise<T> => {
    const message = printableLine(question);
    if (!interactive()) throw unanswerable(message, flag, command, flags.nonInteractive);
    // clack waits for ever, or ends the process, where there is no terminal: it is loaded and shown behind the check alone.
    const clack = await import("@clack/prompts");
    const answer = await show(clack, { message, input: process.stdin, output: process.stderr, signal });
    if (typeof answer === "symbol") throw new Cancelled();
    return answer;
  };
  return {
    get interactive() {
      return interactive();
    },
    text: (question, { flag, initial, check }) =>
      ask<string>(question, flag, (clack, common) =>
        clack.text({
          ...common,
          ...(initial === undefined ? {} : { initialValue: initial }),
          validate: (value) => check?.(value ?? ""),
        }),
      ),
    select: <T extends string>(question: string, choices: readonly Choice<T>[], { flag }: Answerable) =>
      ask<T>(question, flag, async (clack, common) => {
        const options = choices.map(({ label, hint }, index) => ({
          value: String(index),
          label: printableLine(label),
          ...(hint === undefined ? {} : { hint: printableLine(hint) }),
        }));
        const picked = await clack.select<string>({ ...common, options });
        return choices.find((_, index) => String(index) === picked)?.value ?? CANCELLED;
      }),
    confirm: async (question, { flag = "--yes" } = {}) => {
      if (flags.yes) return true;
      return await ask<boolean>(question, flag, (clack, common) => clack.confirm({ ...common, initialValue: false }));
    },
    secret: (question, { flag, check }) =>
      ask<string>(question, flag, (clack, common) =>
        clack.password({ ...common, validate: (value) => check?.(value ?? "") }),
      ),
  };
}

type Clack = typeof import("@clack/prompts");
interface Common {
  readonly message: string;
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

const CANCELLED = Symbol("cancelled");

function unanswerable(question: string, flag: string, command: string, refused: boolean): UsageError {
  const reason = refused ? "--non-interactive is given" : "there is no terminal to ask on";
  return new UsageError(
    `${question.replace(/[?:]\s*$/, "")}: not answered, and ${reason}`,
    `run agentworks ${command} again with ${flag}`,
  );
}
