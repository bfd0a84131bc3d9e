import { render } from "../../steps/render.ts";
import type { Plan } from "../../steps/step.ts";
import type { Result } from "../command.ts";

/** A request that would go to a platform's API. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** What a command would do, in order: programs it would run, requests it would make, scripts it would send. */
export interface DryRun {
  /** What is done on this computer or on a platform, a line each. */
  readonly commands: readonly string[];
  readonly requests: readonly Request[];
  readonly scripts: readonly {
    readonly name: string;
    readonly user: string;
    readonly sha256: string;
    readonly text: string;
  }[];
}

/**
 * The dry run of plans for one machine, and of what comes before them outside of it. `machine` is what a person reads; nothing here
 * depends on where or when it is made.
 */
export function dryRun(machine: string, plans: readonly Plan[], commands: readonly string[] = []): Result<DryRun> {
  const rendered = plans.map((plan) => ({ name: `${plan.operation} on ${machine}`, ...render(plan, "apply") }));
  const data: DryRun = {
    commands,
    requests: [],
    scripts: rendered.map(({ name, sha256, text }) => ({ name, user: "root", sha256, text })),
  };
  const sections = () =>
    rendered.map(({ name, sha256, text: script, secrets }) => section(name, sha256, script, secrets.length));
  const text = () => [...commands.map(comment), ...sections()].join("\n");
  return { data, text };
}

/** A line, or several, that bash passes over. */
function comment(line: string): string {
  return line
    .split("\n")
    .map((part) => `#> ${part}`)
    .join("\n");
}

/** One script as bash: what is said about it stands in comments. */
function section(name: string, sha256: string, script: string, secrets: number): string {
  const beside =
    secrets === 0 ? "" : `\n#> on stdin beside it: ${secrets} secret${secrets === 1 ? "" : "s"} (not shown)`;
  return `#> ${name}: bash, as root, sha256 ${sha256}${beside}\n${script.trimEnd()}`;
}
