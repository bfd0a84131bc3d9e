import type { Result } from "../../command.ts";
import { findTemplate } from "../../config/find-template.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import { type DryRun, dryRun } from "../../run/dry-run.ts";
import { adoption, type CreateInput } from "./adoption.ts";
import { createMachine } from "./create.ts";
import { machinePlan } from "./init.ts";
import { makeMachine } from "./make.ts";
import { making } from "./making.ts";
import { choosePlatform } from "./platform.ts";
import type { Created } from "./settle.ts";

/** A machine that is to be made or adopted: decided and checked. */
export interface MachineCreation {
  dryRun(): Promise<Result<DryRun>>;
  /** May be repeated after it failed: it goes on. */
  create(): Promise<Created>;
}

/** Checks everything that can be checked before anything happens, and decides what `vm create` is to do. */
export async function creationOf(context: Context, input: CreateInput): Promise<MachineCreation> {
  const { name } = input;
  const operation = `vm create ${name}`;
  findTemplate(context.config(), "vm", input.template);
  const existing = context.state().machines.find(name);
  if (existing?.provisioning === "complete")
    throw new UserError(`There is a machine '${name}' already.`, `agentworks vm reinit ${name}`);
  const platform = await choosePlatform(context, input, existing);
  if (platform === "ssh") {
    const adopted = await adoption(context, input);
    return {
      create: () => createMachine(context, adopted),
      dryRun: async () => dryRun(name, [await machinePlan(context, adopted.row, operation)]),
    };
  }
  const made = making(context, input, platform, existing);
  return {
    create: () => makeMachine(context, made),
    dryRun: async () => {
      const provider = await context.provider(platform);
      return dryRun(name, [await machinePlan(context, made.row, operation)], provider.plan(made.request));
    },
  };
}
