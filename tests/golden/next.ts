import { COMMANDS } from "../../cli/commands.ts";
import { GLOBAL_FLAGS } from "../../cli/globals.ts";

/** A command where one stands: first, or after such words; elsewhere "agentworks" is the program's name in a sentence. */
const COMMAND = /(?:^|\b(?:run|or|then|try|by|with) |[:;,] )agentworks ([^;,()]*)/g;

/** What is wrong with the `Next:` line of an error: it must be a command that exists, or an act in words. */
export async function nextProblem(stderr: string): Promise<string | undefined> {
  const last = stderr.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith("Next: ")) return `the last line is no Next: line, but ${JSON.stringify(last)}`;
  const next = last.slice("Next: ".length);
  const commands = [...next.matchAll(COMMAND)].map(([, words = ""]) => words.trim().split(/\s+/));
  if (commands.length === 0) return /^[a-z][a-z-]* \S/.test(next) ? undefined : `neither a command nor an act: ${next}`;
  const problems = await Promise.all(commands.map(commandProblem));
  return problems.find((problem) => problem !== undefined);
}

/** A command, or a noun or nothing with `--help`; every flag is one of its own. */
async function commandProblem(words: readonly string[]): Promise<string | undefined> {
  const plain = words.filter((word) => !word.startsWith("-"));
  const entry = COMMANDS.find(({ name }) => `${plain.join(" ")} `.startsWith(`${name} `));
  const flags = words.filter((word) => word.startsWith("--")).map((word) => word.slice(2).split("=")[0] ?? "");
  const own = entry === undefined ? {} : (await entry.load()).flags;
  const unknown = flags.find((flag) => !(flag in own) && !(flag in GLOBAL_FLAGS));
  if (unknown !== undefined) return `agentworks ${words.join(" ")}: there is no flag --${unknown}`;
  const isNoun = COMMANDS.some(({ name }) => plain.length === 0 || name.startsWith(`${plain.join(" ")} `));
  if (entry !== undefined || (isNoun && flags.includes("help"))) return undefined;
  return `there is no command agentworks ${words.join(" ")}`;
}
