import { type Event, fold, parseEvent } from "../../../steps/events.ts";
import { render } from "../../../steps/render.ts";
import { findTemplate } from "../../config/find-template.ts";
import type { Context } from "../../context.ts";
import { MachineError } from "../../errors.ts";
import { read } from "../../run/read.ts";
import type { Machine } from "../../state/machines.ts";
import { machinePlan } from "./init.ts";
import { adminTransport } from "./reach.ts";
import { unfinished, woken } from "./wake.ts";

/** What a machine differs in from what is declared. */
export interface MachinePlan {
  readonly steps: readonly {
    readonly id: string;
    readonly subject: string;
    readonly name: string;
    readonly change: boolean;
  }[];
  /** What is fixed at creation and declared otherwise by now: not drift. */
  readonly fixed: readonly { readonly key: string; readonly is: string; readonly declared: string }[];
}

/** Every check may take its time, but not for ever. */
const LIMIT_MS = 120_000;

/** Runs the checks of a machine's plan; changes nothing. */
export async function planMachine(context: Context, machine: Machine): Promise<MachinePlan> {
  if (!machine.adopted && machine.host === null) throw unfinished(machine);
  const script = render(await machinePlan(context, machine, `vm reinit ${machine.name}`), "check");
  const options = { limitMs: LIMIT_MS, cancel: context.interrupts.requested };
  const answer = await read(adminTransport(context, machine), script.text, options);
  if (answer.kind === "silent") {
    if (!machine.adopted) await woken(context, machine, "tell");
    throw new MachineError(answer.message, answer.next);
  }
  const { text } = answer;
  const events = text
    .split("\n")
    .map(parseEvent)
    .filter((event): event is Event => event !== undefined);
  const { steps, outcome } = fold(events);
  if (outcome === undefined) {
    throw new MachineError(`The checks on '${machine.name}' did not end.`, `agentworks vm describe ${machine.name}`);
  }
  const found = steps.map(({ id, subject, name, result }) => ({ id, subject, name, change: result !== "unchanged" }));
  return { steps: found, fixed: fixedDifferences(context, machine) };
}

function fixedDifferences(context: Context, machine: Machine): MachinePlan["fixed"] {
  const config = context.config();
  const template = config.templates.vm.has(machine.template) ? findTemplate(config, "vm", machine.template) : undefined;
  const sizes =
    machine.adopted || template === undefined
      ? []
      : ([
          ["cpus", machine.cpus, template.cpus],
          ["memory", machine.memory, template.memory],
          ["disk", machine.disk, template.disk],
        ] as const);
  const pairs = [...sizes, ["admin user", machine.adminUser, config.adminConfig.username] as const];
  return pairs
    .filter(([, is, declared]) => is !== null && is !== declared)
    .map(([key, is, declared]) => ({ key, is: String(is), declared: String(declared) }));
}
