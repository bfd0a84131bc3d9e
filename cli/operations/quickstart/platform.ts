import { didYouMean } from "../../config/nearest.ts";
import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import { parseHost } from "../machine/host.ts";
import { MADE } from "../providers.ts";
import { NAMES, type QuickstartInput } from "./names.ts";

/** Where the machine lives, and why there. */
export interface Platform {
  readonly name: string;
  readonly why: string;
}

const HELP = "agentworks quickstart --help";

/**
 * Chooses where the machine lives: where it is already, as the operator or the configuration says, or the first platform on which one
 * can be made. What that platform lacks here is found out, and installed or told, afterwards.
 */
export function choosePlatform(
  context: Context,
  { platform, host }: QuickstartInput,
  configured: string | undefined,
): Platform {
  const there = context.state().machines.find(NAMES.machine);
  if (there !== null) {
    const otherPlatform = platform !== undefined && platform !== there.platform;
    const otherHost = host !== undefined && parseHost(host).host !== there.host;
    if (!otherPlatform && !otherHost) return { name: there.platform, why: `machine '${there.name}' is there` };
    const where = there.adopted ? `ssh, at ${there.host}` : there.platform;
    throw new UserError(`Quickstart's machine is on ${where} already.`, "agentworks quickstart --remove, then again");
  }
  if (platform !== undefined) return { name: checked(platform, host), why: "--platform says so" };
  if (host !== undefined) return { name: "ssh", why: "--host names a machine to adopt" };
  if (configured !== undefined && configured !== "ssh")
    return { name: checked(configured, host), why: "defaults.platform says so" };
  return { name: MADE[0] ?? "ssh", why: "it needs no account, and no machine that is there" };
}

function checked(platform: string, host: string | undefined): string {
  const usable = [...MADE, "ssh"];
  if (!usable.includes(platform)) {
    const message = `platform ${JSON.stringify(platform)} is not one that this version can use${didYouMean(platform, usable)}`;
    throw new UsageError(message, HELP);
  }
  if (platform === "ssh" || host === undefined) return platform;
  throw new UsageError(`--host names a machine to adopt, and --platform ${platform} makes one`, HELP);
}
