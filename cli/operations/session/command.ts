import { environmentProblem } from "../../../steps/session/environment.ts";
import type { Config, Environment, SessionTemplate } from "../../config/schema.ts";
import { UsageError } from "../../errors.ts";
import type { Agent } from "../../state/agents.ts";
import type { Machine } from "../../state/machines.ts";

/** What a template may name. */
export interface Names {
  readonly session: string;
  readonly workspace: string;
}

/** The most characters of a command: it stands in our record on the machine too. */
const LONGEST = 8192;

/** The command of a session: as it was typed, or the template's with its names filled in. */
export function sessionCommand(typed: string | undefined, template: SessionTemplate, names: Names): string {
  const command = typed ?? filledIn(template.command, names, `session template ${template.name}`);
  if (command.length <= LONGEST) return command;
  throw new UsageError(
    `the command has ${command.length} characters, the limit is ${LONGEST}`,
    "put it into a file, and name that: --command TEXT",
  );
}

/** The environment of a session: its template's over its agent's (or the admin's) over its machine's. */
export function sessionEnvironment(
  config: Config,
  machine: Machine,
  agent: Agent | null,
  template: SessionTemplate,
  names: Names,
): Readonly<Record<string, string>> {
  const { vm, agent: agents } = config.templates;
  const user = agent === null ? config.adminConfig.env : agents.get(agent.template)?.env;
  const merged: Environment = { ...vm.get(machine.template)?.env, ...user, ...template.env };
  return Object.fromEntries(
    Object.entries(merged).map(([name, value]) => {
      if (typeof value !== "string")
        throw new UsageError(
          `the variable ${name} is the secret ${JSON.stringify(value.secret)}: sessions take plain values only as yet`,
          `edit ${config.file}: give ${name} a text, or leave it out`,
        );
      const text = filledIn(value, names, `the variable ${name}`);
      const problem = environmentProblem(text);
      if (problem !== undefined) throw new UsageError(`the variable ${name} ${problem}`, `edit ${config.file}`);
      return [name, text];
    }),
  );
}

function filledIn(text: string, names: Names, where: string): string {
  const known: Readonly<Record<string, string>> = { session_name: names.session, workspace_name: names.workspace };
  return text.replace(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = known[word];
    if (value !== undefined) return value;
    throw new UsageError(
      `${where}: there is no {{${word}}}`,
      `use one of: ${Object.keys(known)
        .map((name) => `{{${name}}}`)
        .join(", ")}`,
    );
  });
}
