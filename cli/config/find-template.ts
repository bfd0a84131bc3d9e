import { UsageError } from "../errors.ts";
import { DEFAULT_TEMPLATE } from "./inherit.ts";
import { didYouMean } from "./nearest.ts";
import type { Config, TemplateKinds } from "./schema.ts";

/** The template of a kind by its name, or the default one. An unknown name is an error that tells the known ones. */
export function findTemplate<Kind extends keyof TemplateKinds>(
  config: Config,
  kind: Kind,
  name: string | undefined,
): TemplateKinds[Kind] {
  const known: ReadonlyMap<string, TemplateKinds[Kind]> = config.templates[kind];
  const template = known.get(name ?? DEFAULT_TEMPLATE);
  if (template !== undefined) return template;
  const asked = name ?? DEFAULT_TEMPLATE;
  throw new UsageError(
    `unknown ${kind} template ${JSON.stringify(asked)}${didYouMean(asked, known.keys())}`,
    `use --template with one of: ${[...known.keys()].sort().join(", ")}`,
  );
}
