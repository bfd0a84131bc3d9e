import type { MachineRequest } from "../../../providers/provider.ts";
import { findTemplate } from "../../config/find-template.ts";
import { operatorPublicKeys } from "../../config/operator-keys.ts";
import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import type { Machine, NewMachine } from "../../state/machines.ts";
import { adminUser, type CreateInput } from "./adoption.ts";
import { goOn } from "./result.ts";

/** A machine to make, decided and checked; nothing has happened yet. */
export interface Making {
  readonly row: NewMachine & Pick<Machine, "name" | "platform" | "adminUser" | "adopted">;
  readonly request: MachineRequest;
}

const HELP = "agentworks vm create --help";

/** Decides what is to be made: flags over the template over its defaults; one that is half made goes on as it began. */
export function making(context: Context, input: CreateInput, platform: string, existing: Machine | null): Making {
  const config = context.config();
  if (existing?.provisioning === "complete")
    throw new UserError(`There is a machine '${input.name}' already.`, `agentworks vm reinit ${input.name}`);
  refuseForeign(input, platform);
  const template = findTemplate(config, "vm", input.template ?? existing?.template);
  const network = input.network ?? template.network ?? config.defaults.network ?? "direct";
  if (network !== "direct")
    throw new UsageError(`a machine on ${platform} is reached directly: --network direct`, HELP);
  const wanted = {
    template: template.name,
    adminUser: adminUser(input.adminUsername ?? existing?.adminUser ?? config.adminConfig.username),
    cpus: input.cpus ?? existing?.cpus ?? template.cpus,
    memory: input.memory ?? existing?.memory ?? template.memory,
    disk: input.disk ?? existing?.disk ?? template.disk,
  };
  if (existing !== null) refuseOther(existing, { platform, ...wanted });
  const { name } = input;
  const { cpus, memory, disk } = wanted;
  const swap = existing?.swap ?? template.swap;
  const image = template.image ?? (platform === "qemu" ? config.qemu.image : "auto");
  return {
    row: { name, platform, ...wanted, network, swap, adopted: false },
    request: { name, cpus, memory, disk, image, publicKeys: operatorPublicKeys(config) },
  };
}

/** Flags that are for other platforms. */
function refuseForeign({ host, hostKey, takeOver, vmHost, azureVmSize }: CreateInput, platform: string): void {
  const foreign = {
    "--host": [host, "ssh"],
    "--host-key": [hostKey, "ssh"],
    "--take-over": [takeOver, "ssh"],
    "--vm-host": [vmHost, "lima"],
    "--azure-vm-size": [azureVmSize, "azure"],
  } as const;
  for (const [flag, [value, theirs]] of Object.entries(foreign)) {
    if (value !== undefined)
      throw new UsageError(`${flag} is for machines on ${theirs}; this one is made on ${platform}`, HELP);
  }
}

/** An attempt that did not end is gone on with as it began: what it made would be forgotten otherwise. */
function refuseOther(existing: Machine, wanted: Readonly<Record<string, string | number>>): void {
  const began: Readonly<Record<string, unknown>> = { ...existing };
  for (const [key, value] of Object.entries(wanted)) {
    if (began[key] === value) continue;
    const what = key === "adminUser" ? "admin" : key;
    throw new UserError(`'${existing.name}' is half made, with the ${what} ${began[key]}.`, goOn(existing));
  }
}
