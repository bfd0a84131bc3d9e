import { type Provider, ProviderError } from "../../providers/provider.ts";
import type { Context } from "../context.ts";
import { MachineError, UserError } from "../errors.ts";

/** The platforms on which this version makes machines, in the order in which they are tried when none is named. */
export const MADE: readonly string[] = ["qemu"];

/** Loads a platform; no other one's code is read. */
export async function loadProvider(platform: string, { home, env }: Pick<Context, "home" | "env">): Promise<Provider> {
  switch (platform) {
    case "qemu": {
      const { qemuProvider } = await import("../../providers/qemu/provider.ts");
      return explained(qemuProvider({ home, env }));
    }
    default:
      throw new UserError(`This version of agentworks cannot make machines on ${platform}.`, "agentworks vm list");
  }
}

/** A platform whose errors are the operator's: the one place where a `ProviderError` becomes what main.ts prints. */
export function explained(provider: Provider): Provider {
  const { name, features, plan } = provider;
  return {
    ...{ name, features, plan },
    missing: (image) => explaining(provider.missing(image)),
    reserve: (request) => explaining(provider.reserve(request)),
    create: (request, id, work) => explaining(provider.create(request, id, work)),
    power: (id) => explaining(provider.power(id)),
    start: (id, work) => explaining(provider.start(id, work)),
    stop: (id, work) => explaining(provider.stop(id, work)),
    remove: (id) => explaining(provider.remove(id)),
    serial: (id) => explaining(provider.serial(id)),
  };
}

async function explaining<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw error instanceof ProviderError ? new MachineError(error.message, error.next, error.tail) : error;
  });
}
