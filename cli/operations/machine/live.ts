import live from "../../../steps/machine/live.sh" with { type: "text" };
import type { Context } from "../../context.ts";
import { read } from "../../run/read.ts";
import type { Machine } from "../../state/machines.ts";
import { wayIn } from "./reach.ts";

/** How a machine is doing, as it says itself. Sizes in KiB. */
export interface Live {
  readonly status: "running" | "unreachable";
  /** Why it is unreachable. */
  readonly message: string | null;
  readonly bootId: string | null;
  readonly cpus: number | null;
  readonly load: string | null;
  /** Seconds since it booted. */
  readonly uptime: number | null;
  readonly memory: Usage | null;
  readonly swap: Usage | null;
  readonly disk: Usage | null;
  /** Of the runs that were asked about: `running`, how each ended, or `lost`. */
  readonly runs: Readonly<Record<string, string>>;
}

export interface Usage {
  readonly total: number;
  readonly used: number;
}

/** How long a machine has to answer. */
const LIMIT_MS = 5000;

/** Asks a machine how it is doing, and what became of the runs named. Never throws for a machine that does not answer. */
export async function askLive(context: Context, machine: Machine, runs: readonly string[]): Promise<Live> {
  if (!machine.adopted && machine.host === null) return { ...SILENT, message: "it is not made yet" };
  const script = `${live}${runs.join(" ")}\n`;
  const cancel = context.interrupts.requested;
  const answer = await read(wayIn(context, machine), script, { limitMs: LIMIT_MS, cancel });
  return answer.kind === "answer" ? parse(answer.text) : { ...SILENT, message: answer.message };
}

/** How many machines are asked at once: each is an ssh of its own. */
const AT_ONCE = 16;

/** Asks many machines at once. */
export async function askAll(context: Context, machines: readonly Machine[]): Promise<ReadonlyMap<string, Live>> {
  const answers = new Map<string, Live>();
  const waiting = [...machines];
  const ask = async (): Promise<void> => {
    for (let machine = waiting.shift(); machine !== undefined; machine = waiting.shift()) {
      answers.set(machine.name, await askLive(context, machine, []));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return answers;
}

const SILENT: Live = {
  status: "unreachable",
  message: null,
  bootId: null,
  cpus: null,
  load: null,
  uptime: null,
  memory: null,
  swap: null,
  disk: null,
  runs: {},
};

function parse(text: string): Live {
  const lines = text.split("\n").filter((line) => line.startsWith("@live\t"));
  const said = lines.map((line) => line.split("\t").slice(1));
  const value = (key: string) => said.find(([name]) => name === key)?.[1] ?? "";
  const number = (key: string) => (/^\d+$/.test(value(key)) ? Number(value(key)) : null);
  const pair = (key: string) => /^(\d+) (\d+) ?$/.exec(value(key))?.slice(1).map(Number);
  const free = (key: string): Usage | null => {
    const [total, left] = pair(key) ?? [];
    return total === undefined || left === undefined ? null : { total, used: total - left };
  };
  const [total, used] = pair("disk") ?? [];
  const runs = said.filter(([name]) => name === "run").map(([, word = ""]) => word.split(" ") as [string, string]);
  return {
    status: "running",
    message: null,
    bootId: value("boot") || null,
    cpus: number("cpus"),
    load: value("load") || null,
    uptime: number("uptime"),
    memory: free("memory"),
    swap: free("swap"),
    disk: total === undefined || used === undefined ? null : { total, used },
    runs: Object.fromEntries(runs),
  };
}
