import type { Argument, Command } from "./command.ts";
import { NO_NUL } from "./config/names.ts";
import { UsageError } from "./errors.ts";
import { PROGRAM } from "./globals.ts";
import { camelCase, type Values } from "./parse.ts";
import type { Prompts } from "./ui/prompts.ts";

/** What is wrong with a command line: the key of the flag or argument, and the words about it. */
interface Problem {
  readonly key: string;
  readonly message: string;
}

/**
 * A command's input, checked by its zod object. On a terminal, arguments that are missing are asked for when nothing else is
 * wrong; otherwise every problem is told at once, each with the flag or argument it is about.
 */
export async function readInput<Input>(
  definition: Command<Input>,
  typed: Values,
  prompts: Pick<Prompts, "interactive" | "text">,
): Promise<Input> {
  const values = prompts.interactive ? await completed(definition, typed, prompts) : typed;
  const problems = problemsOf(definition, values);
  const parsed = definition.input.safeParse(values);
  if (parsed.success && problems.length === 0) return parsed.data;
  const lines = new Set(problems.map(({ message }) => message));
  throw new UsageError([...lines].join("\n"), `${PROGRAM} ${definition.name} --help`);
}

/** The values, with what the person at the terminal answered. */
async function completed(definition: Command, values: Values, prompts: Pick<Prompts, "text">): Promise<Values> {
  const wrong = new Set(problemsOf(definition, values).map(({ key }) => key));
  const missing = definition.args.filter((arg) => wrong.has(camelCase(arg.name)) && isMissing(arg, values));
  if (missing.length < wrong.size) return values;
  const answers: Record<string, string> = {};
  for (const { name, description } of missing) {
    const key = camelCase(name);
    const check = (answer: string): string | undefined =>
      problemsOf(definition, { ...values, [key]: answer }).find((problem) => problem.key === key)?.message;
    answers[key] = await prompts.text(`${description}?`, { flag: name.toUpperCase(), check });
  }
  return { ...values, ...answers };
}

function isMissing({ name, rest }: Argument, values: Values): boolean {
  return rest !== true && values[camelCase(name)] === undefined;
}

function problemsOf(definition: Command, values: Values): readonly Problem[] {
  const { error } = definition.input.safeParse(values);
  const invalid = (error?.issues ?? []).map(({ path, message }) => {
    const key = String(path[0] ?? "");
    const label = spelled(definition, key);
    if (label === undefined) return { key, message };
    return { key, message: values[key] === undefined ? `${label} is missing` : `${label}: ${message}` };
  });
  return [...invalid, ...nuls(definition, values)];
}

/** No text may hold a NUL, whatever it is for: nothing that it could be given to takes one. */
function nuls(definition: Command, values: Values): readonly Problem[] {
  const holding = Object.entries(values).filter(([, value]) =>
    [value].flat().some((text) => typeof text === "string" && text.includes("\0")),
  );
  return holding.map(([key]) => ({ key, message: `${spelled(definition, key) ?? key}: ${NO_NUL}` }));
}

function spelled(definition: Pick<Command, "args" | "flags">, key: string): string | undefined {
  const argument = definition.args.find((arg) => camelCase(arg.name) === key);
  if (argument !== undefined) return argument.name.toUpperCase();
  const flag = Object.keys(definition.flags).find((name) => camelCase(name) === key);
  return flag === undefined ? undefined : `--${flag}`;
}
