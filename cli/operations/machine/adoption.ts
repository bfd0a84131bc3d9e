import { findTemplate } from "../../config/find-template.ts";
import { adminUserName } from "../../config/names.ts";
import type { Network } from "../../config/schema.ts";
import type { Context } from "../../context.ts";
import { UsageError, UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import type { Adoption } from "./create.ts";
import { parseHost } from "./host.ts";
import { goOn } from "./result.ts";

/** What `vm create` was asked for. */
export interface CreateInput {
  readonly name: string;
  readonly platform?: string | undefined;
  readonly host?: string | undefined;
  readonly hostKey?: string | undefined;
  readonly takeOver?: boolean | undefined;
  readonly template?: string | undefined;
  readonly network?: Network | undefined;
  readonly adminUsername?: string | undefined;
  readonly cpus?: number | undefined;
  readonly memory?: number | undefined;
  readonly disk?: number | undefined;
  readonly vmHost?: string | undefined;
  readonly azureVmSize?: string | undefined;
}

const HELP = "agentworks vm create --help";

/** Checks everything that can be checked without a network, asks for what is missing, and decides what is to be adopted. */
export async function adoption(context: Context, input: CreateInput): Promise<Adoption> {
  const config = context.config();
  const template = findTemplate(config, "vm", input.template);
  refuseSizes(input);
  const network = input.network ?? template.network ?? config.defaults.network ?? "direct";
  if (network !== "direct") throw new UsageError("an adopted machine is reached directly: --network direct", HELP);
  const existing = context.state().machines.find(input.name);
  if (existing?.provisioning === "complete") {
    throw new UserError(`There is a machine '${input.name}' already.`, `agentworks vm reinit ${input.name}`);
  }
  refuseOther(existing, input);
  const host =
    input.host ??
    existing?.host ??
    (await context.prompts.text("Which machine? [USER@]HOST[:PORT]", { flag: "--host" }));
  const destination = input.host === undefined && existing !== null ? known(existing) : parseHost(host);
  return {
    row: {
      name: input.name,
      platform: "ssh",
      template: input.template ?? "default",
      adminUser: adminUser(input.adminUsername ?? existing?.adminUser ?? config.adminConfig.username),
      network,
      host: destination.host,
      port: destination.port ?? null,
      loginUser: destination.user ?? null,
      adopted: true,
    },
    destination,
    hostKey: input.hostKey,
    takeOver: input.takeOver === true,
  };
}

/** An attempt that did not end is gone on with as it began: what it made on its machine would be forgotten otherwise. */
function refuseOther(existing: Machine | null, { name, host, adminUsername }: CreateInput): void {
  if (existing === null) return;
  if (!existing.adopted) throw new UserError(`'${name}' is half made, on ${existing.platform}.`, goOn(existing));
  const next = goOn(existing);
  if (host !== undefined && parseHost(host).host !== existing.host)
    throw new UserError(`'${name}' is half made, on ${existing.host}.`, next);
  if (adminUsername !== undefined && adminUsername !== existing.adminUser)
    throw new UserError(`'${name}' is half made, with the admin ${existing.adminUser}.`, next);
}

/** The sizes of an adopted machine are its own. */
function refuseSizes({ cpus, memory, disk, vmHost, azureVmSize }: CreateInput): void {
  const flags = {
    "--cpus": cpus,
    "--memory": memory,
    "--disk": disk,
    "--vm-host": vmHost,
    "--azure-vm-size": azureVmSize,
  };
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  if (given.length === 0) return;
  throw new UsageError(`${given.map(([flag]) => flag).join(", ")}: an adopted machine is as large as it is`, HELP);
}

/** The admin's name, checked. */
export function adminUser(name: string): string {
  const checked = adminUserName.safeParse(name);
  if (checked.success) return name;
  throw new UsageError(`--admin-username: ${checked.error.issues.map(({ message }) => message).join(", ")}`, HELP);
}

function known(machine: {
  readonly host: string | null;
  readonly port: number | null;
  readonly loginUser: string | null;
}) {
  return {
    host: machine.host ?? "",
    ...(machine.port === null ? {} : { port: machine.port }),
    ...(machine.loginUser === null ? {} : { user: machine.loginUser }),
  };
}
