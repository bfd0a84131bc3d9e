import { z } from "zod";
import { command } from "../../command.ts";
import { machineNamed } from "../../operations/choose.ts";
import { type Description, describeMachine } from "../../operations/machine/describe.ts";
import { record, table } from "../../ui/table.ts";

/** `vm describe`: all we know of a machine, and what it says itself within 5 s. */
export const vmDescribe = command({
  name: "vm describe",
  summary: "Show a machine: its state, its contents, its last runs",
  args: [{ name: "name", description: "The machine" }],
  flags: {},
  examples: ["agentworks vm describe dev", "agentworks vm describe dev --json"],
  input: z.object({ name: z.string() }),
  kind: "read",
  async run({ name }, context) {
    const data = await describeMachine(context, machineNamed(context, name));
    return { data, text: (screen) => describe(data, screen) };
  },
});

function describe(data: Description, screen: { readonly width: number }): string {
  const { machine, power, live } = data;
  const known = record([
    ["Name", machine.name],
    ["Created", machine.createdAt],
    ["Platform", machine.platform],
    ...(machine.adopted ? [] : [["Status", power ?? "unknown"] as const]),
    ["Template", machine.template],
    ["Admin user", machine.adminUser],
    ["Address", `${machine.address ?? machine.host ?? "-"}${machine.port === null ? "" : `:${machine.port}`}`],
    ["Provisioning", machine.provisioning],
    ["Initialization", machine.init],
    [
      "Live",
      live.status === "running" ? `running, up ${hours(live.uptime)}` : `unreachable (${live.message ?? "no answer"})`,
    ],
    ["Log", data.logPath ?? "-"],
  ]);
  const resources = table(["RESOURCE", "PROVISIONED", "CURRENT", "USED"], resourceRows(data), screen);
  const listed = (title: string, lines: readonly string[]) =>
    [`${title} (${lines.length}):`, ...lines.map((line) => `  ${line}`)].join("\n");
  return [
    known,
    resources,
    listed(
      "Runs that are open",
      data.openRuns.map(
        (run) =>
          `${run.operation}  ${run.state}  since ${run.startedAt}  (pid ${run.pid}${run.clientAlive ? "" : ", gone"})`,
      ),
    ),
    listed(
      "Workspaces",
      data.workspaces.map((workspace) => `${workspace.name}  ${workspace.path}`),
    ),
    listed(
      "Agents",
      data.agents.map(
        (agent) => `${agent.name}  (user: ${agent.linuxUser}, grants: ${agent.grantAll ? "all" : agent.grants})`,
      ),
    ),
    listed(
      "Sessions",
      data.sessions.map(
        (session) =>
          `${session.name}  [${session.template}]  ${session.agent === null ? "admin" : `agent: ${session.agent}`}`,
      ),
    ),
    listed(
      "Last run of each step",
      data.steps.map((step) => `${step.result.padEnd(9)}  ${step.name}  (${step.operation}, ${step.startedAt})`),
    ),
    listed(
      "Events",
      data.events.map((event) => `${event.at}  ${event.event}${event.detail === null ? "" : `  ${event.detail}`}`),
    ),
  ].join("\n\n");
}

function resourceRows({ machine, live }: Description): string[][] {
  const size = (kib: number | undefined) => (kib === undefined ? "-" : `${(kib / 1024 / 1024).toFixed(1)}G`);
  const provisioned = (gib: number | null) => (gib === null ? "-" : `${gib}G`);
  return [
    [
      "CPU",
      machine.cpus === null ? "-" : String(machine.cpus),
      live.cpus === null ? "-" : String(live.cpus),
      live.load === null ? "-" : `load ${live.load}`,
    ],
    ["Memory", provisioned(machine.memory), size(live.memory?.total), size(live.memory?.used)],
    ["Swap", provisioned(machine.swap), size(live.swap?.total), size(live.swap?.used)],
    ["Disk", provisioned(machine.disk), size(live.disk?.total), size(live.disk?.used)],
  ];
}

function hours(seconds: number | null): string {
  if (seconds === null) return "-";
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
