import type { Missing, Provider } from "../../../providers/provider.ts";
import { didYouMean } from "../../config/nearest.ts";
import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { MADE } from "../providers.ts";
import type { CreateInput } from "./adoption.ts";

const USABLE: readonly string[] = [...MADE, "ssh"];
const ADOPT = "agentworks vm create NAME --host USER@HOST";

/**
 * Where a new machine is to live: as named, as a half made one began, where `--host` points, as configured, or on the first
 * platform that works on this computer. What was not named is said. A dry run asks this computer nothing.
 */
export async function choosePlatform(
  context: Context,
  { platform, host }: CreateInput,
  existing: Machine | null,
): Promise<string> {
  if (platform !== undefined) return checked(platform);
  if (host !== undefined || existing?.platform === "ssh") return say(context, "ssh", "adopting an existing machine");
  if (existing !== null) return say(context, existing.platform, "as it began");
  const configured = context.config().defaults.platform;
  if (configured !== undefined) return say(context, checked(configured), "configured");
  const [first = "ssh"] = MADE;
  const works = context.flags.dryRun ? first : await firstThatWorks(context);
  return say(context, works, "--platform or --host for another");
}

function say(context: Context, platform: string, why: string): string {
  context.screen.err(`Platform: ${platform} (${why}).`);
  return platform;
}

function checked(platform: string): string {
  if (USABLE.includes(platform)) return platform;
  throw new UsageError(
    `platform ${JSON.stringify(platform)} is not one that this version can use${didYouMean(platform, USABLE)}`,
    `agentworks vm create NAME --platform ${MADE[0]}, or agentworks vm create NAME --platform ssh --host USER@HOST`,
  );
}

async function firstThatWorks(context: Context): Promise<string> {
  const reasons: string[] = [];
  const helps: string[] = [];
  for (const platform of MADE) {
    const lacking = await (await context.provider(platform)).missing();
    if (lacking.length === 0) return platform;
    reasons.push(`${platform} lacks ${listed(lacking)}`);
    helps.push(...lacking.map(({ next }) => next));
  }
  throw new UserError(
    `No platform works on this computer: ${reasons.join("; ")}.`,
    `${[...new Set(helps)].join(" && ")}, or adopt a machine: ${ADOPT}`,
  );
}

/** Refuses a platform that this computer cannot use. */
export async function requireUsable(provider: Provider): Promise<void> {
  const lacking = await provider.missing();
  if (lacking.length === 0) return;
  const helps = [...new Set(lacking.map(({ next }) => next))].join(" && ");
  throw new UserError(`${provider.name} cannot be used on this computer: it lacks ${listed(lacking)}.`, helps);
}

function listed(lacking: readonly Missing[]): string {
  return lacking.map(({ what }) => what).join(", ");
}
