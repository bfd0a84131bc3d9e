import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import { parseHost } from "../machine/host.ts";
import { NAMES, type QuickstartInput } from "./names.ts";

/** Where the machine lives, and why there. */
export interface Platform {
  readonly name: string;
  readonly why: string;
}

/** Chooses where the machine lives: where it is already, as the operator says, or what works here. */
export function choosePlatform(context: Context, { platform, host }: QuickstartInput): Platform {
  const there = context.state().machines.find(NAMES.machine);
  if (there !== null) {
    const otherPlatform = platform !== undefined && platform !== there.platform;
    const otherHost = host !== undefined && parseHost(host).host !== there.host;
    if (!otherPlatform && !otherHost) return { name: there.platform, why: `machine '${there.name}' is there` };
    const where = there.host === null ? there.platform : `${there.platform}, at ${there.host}`;
    throw new UserError(`Quickstart's machine is on ${where} already.`, "agentworks quickstart --remove, then again");
  }
  if (host !== undefined && platform !== undefined && platform !== "ssh") {
    throw new UsageError(`--host names a machine to adopt, which --platform ${platform} cannot`, HELP);
  }
  if (platform !== undefined) return { name: platform, why: "--platform says so" };
  if (host !== undefined) return { name: "ssh", why: "--host names a machine to adopt" };
  throw new UsageError("there is no platform on which a machine could be made", HELP);
}

const HELP = "agentworks quickstart --help";
