import { z } from "zod";
import type { Power } from "../../../providers/provider.ts";
import { command } from "../../command.ts";
import type { Context } from "../../context.ts";
import { namesIn } from "../../operations/choose.ts";
import { askAll } from "../../operations/machine/live.ts";
import type { MachineOverview } from "../../state/machines.ts";
import { table } from "../../ui/table.ts";

/** `vm list`: every machine, and how those that we made are on their platforms; `--live` asks the machines, all at once. */
export const vmList = command({
  name: "vm list",
  summary: "List the machines",
  args: [],
  flags: {
    platform: { description: "Only these platforms", value: "NAME,…", many: true },
    live: { description: "Ask every machine whether it answers" },
    "names-only": { description: "Print the names alone, one a line" },
  },
  examples: ["agentworks vm list", "agentworks vm list --live", "agentworks vm list --json"],
  input: z.object({
    platform: z.array(z.string()).optional(),
    live: z.boolean().optional(),
    namesOnly: z.boolean().optional(),
  }),
  kind: "read",
  async run({ platform, live, namesOnly }, context) {
    const { machines } = context.state();
    const known = [...new Set(machines.list().map((machine) => machine.platform))];
    const platforms = namesIn(platform, "platform", known, "agentworks vm list");
    const list = machines.list(platforms === undefined ? {} : { platforms });
    const answers = live === true ? await askAll(context, list) : undefined;
    const powers = namesOnly === true ? undefined : await askPlatforms(context, list);
    const data = list.map((machine) => ({
      ...overview(machine),
      power: powers?.get(machine.name) ?? null,
      live: answers?.get(machine.name) ?? null,
    }));
    const heading = [
      ...["NAME", "PLATFORM", "TEMPLATE", "PROVISIONING", "INIT", "STATUS"],
      ...["WS/AG/SE", "CPUS", "MEMORY", "DISK", "ADDRESS"],
    ];
    return {
      data,
      text: (screen) => {
        if (namesOnly === true) return data.map(({ name }) => name).join("\n");
        if (data.length === 0) return "No machines yet. Create one: agentworks vm create NAME";
        const rows = data.map((machine) => [...row(machine), ...(live === true ? [machine.live?.status ?? "-"] : [])]);
        return table([...heading, ...(live === true ? ["LIVE"] : [])], rows, screen);
      },
    };
  },
});

/** How the machines that we made are; the code for it is loaded when there is one. */
async function askPlatforms(context: Context, list: readonly MachineOverview[]) {
  if (list.every(({ adopted }) => adopted)) return undefined;
  const { powersOf } = await import("../../operations/machine/powers.ts");
  return await powersOf(context, list);
}

/** What a list tells of a machine. */
function overview(machine: MachineOverview) {
  const { name, platform, template, provisioning, init, workspaces, agents, sessions, cpus, memory, disk, createdAt } =
    machine;
  const address = addressOf(machine);
  return {
    name,
    platform,
    template,
    provisioning,
    init,
    workspaces,
    agents,
    sessions,
    cpus,
    memory,
    disk,
    address,
    createdAt,
  };
}

function row(machine: ReturnType<typeof overview> & { readonly power: Power | null }): string[] {
  const { name, platform, template, provisioning, init, power } = machine;
  const { workspaces, agents, sessions, cpus, memory, disk, address } = machine;
  const counts = `${workspaces}/${agents}/${sessions}`;
  const sized = (value: number | null, unit: string) => (value === null ? "-" : `${value}${unit}`);
  const sizes = [sized(cpus, ""), sized(memory, "G"), sized(disk, "G")];
  return [name, platform, template, provisioning, init, power ?? "-", counts, ...sizes, address ?? "-"];
}

function addressOf({ address, host, port }: MachineOverview): string | null {
  const name = address ?? host;
  return name === null || port === null ? name : `${name}:${port}`;
}
