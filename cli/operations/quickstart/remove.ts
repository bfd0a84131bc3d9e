import { existsSync } from "node:fs";
import type { Result } from "../../command.ts";
import type { Context } from "../../context.ts";
import { Cancelled, UserError } from "../../errors.ts";
import type { Machine } from "../../state/machines.ts";
import { PARTS } from "../../state/quickstart.ts";
import { contentsOf } from "../machine/contents.ts";
import { deleteMachine } from "../machine/delete.ts";
import { purging } from "../machine/purge.ts";
import { takeBackFiles } from "./files.ts";
import { ownKey } from "./key.ts";
import { NAMES, type QuickstartInput, type Thing } from "./names.ts";
import { type Done, type Phases, phases } from "./phases.ts";
import { alone, type Quickstarted } from "./quickstart.ts";
import { removedText } from "./report.ts";
import { isOurs, rowOf } from "./things.ts";

const THINGS: readonly Thing[] = ["session", "agent", "workspace", "machine"];

/** Takes back all that quickstart made, and nothing else. Run again it finds nothing. */
export async function removeQuickstart(context: Context, { host }: QuickstartInput): Promise<Result<Quickstarted>> {
  const done = phases(context);
  return await alone(context, async () => {
    const machine = ownMachine(context);
    await confirmed(context, machine);
    if (machine !== undefined) await removeMachine(context, machine, host, done);
    for (const thing of THINGS) context.state().quickstart.forget(thing);
    for (const [part, file] of takeBackFiles(context, { made: PARTS })) await done.run(part, async () => file);
    for (const [part, one] of keptOf(context, machine)) await done.run(part, async () => one);
    context.state().quickstart.forget("programs");
    const data = { phases: done.over, seconds: done.seconds(), next: null };
    return { data, text: (screen) => removedText(data, screen) };
  });
}

/** The machine that quickstart made, undefined when it is gone or another one has its name. Refuses one that holds what others made. */
export function ownMachine(context: Context): Machine | undefined {
  const machine = context.state().machines.find(NAMES.machine);
  if (machine === null || !isOurs(context, "machine")) return undefined;
  const { workspaces, agents, sessions } = contentsOf(context, machine);
  const foreign = [
    ...workspaces.filter((name) => name !== NAMES.workspace || !isOurs(context, "workspace")),
    ...agents.filter((name) => name !== NAMES.agent || !isOurs(context, "agent")),
    ...sessions.filter((name) => name !== NAMES.session || !isOurs(context, "session")),
  ];
  if (foreign.length === 0) return machine;
  throw new UserError(
    `'${machine.name}' holds what quickstart did not make: ${foreign.join(", ")}.`,
    `delete these first, or all of it: agentworks ${machine.adopted ? purging(machine.name) : `vm delete ${machine.name}`} --force`,
  );
}

/** One question about all that goes. */
async function confirmed(context: Context, machine: Machine | undefined): Promise<void> {
  const { quickstart } = context.state();
  const things = machine === undefined ? [] : THINGS.filter((thing) => rowOf(context, thing) !== null);
  const listed = [
    ...things.map((thing) => `${thing} ${NAMES[thing]}`),
    ...(quickstart.find("config") === null ? [] : [context.home.config]),
    ...(quickstart.find("key") === null ? [] : [ownKey(context)]),
  ];
  if (listed.length === 0) return;
  const how = machine?.adopted === true ? " (the machine is given back as it was)" : "";
  if (!(await context.prompts.confirm(`Remove ${listed.join(", ")}${how}, with all files in them?`)))
    throw new Cancelled("Nothing was removed.");
}

/** What stays on this computer because something else may use it. */
function keptOf(
  { state, home }: Context,
  machine: Machine | undefined,
): readonly (readonly ["platform" | "programs", Done])[] {
  const packages = state().quickstart.find("programs")?.mark;
  const images = machine?.adopted === false && existsSync(home.images);
  return [
    ...(images ? ([["platform", kept(home.images, "images for the next machine: rm -r removes them")]] as const) : []),
    ...(packages ? ([["programs", kept(packages, "others may need them: apt-get purge removes them")]] as const) : []),
  ];
}

const kept = (name: string, why: string): Done => ({ name, result: "kept", why });

/** The things on it go with it, by one run. */
async function removeMachine(
  context: Context,
  machine: Machine,
  host: string | undefined,
  done: Phases,
): Promise<void> {
  const things = THINGS.filter((thing) => thing !== "machine" && rowOf(context, thing) !== null);
  const agreed: Context = { ...context, prompts: { ...context.prompts, confirm: async () => true } };
  await done.run("machine", async () => {
    await deleteMachine(agreed, machine, { force: true, purge: machine.adopted, host });
    const why = machine.adopted ? "its owner has it back as it was" : "it is gone from its platform";
    return { name: machine.name, result: "removed", why };
  });
  for (const thing of things) {
    await done.run(thing, async () => ({ name: NAMES[thing], result: "removed", why: "with its machine" }));
  }
}
