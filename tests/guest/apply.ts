import { follow } from "../../cli/run/follow.ts";
import { sshTransport } from "../../providers/ssh/transport.ts";
import type { Transport } from "../../providers/transport.ts";
import { type Event, fold, type StepOutcome } from "../../steps/events.ts";
import { type Mode, render } from "../../steps/render.ts";
import type { Plan, RunOutcome, Step } from "../../steps/step.ts";

/** What a plan did to a guest: the outcome, each step's result by name, and all that the steps printed. */
export interface Applied {
  readonly outcome: RunOutcome | "busy" | undefined;
  readonly results: Readonly<Record<string, StepOutcome["result"]>>;
  readonly reports: Readonly<Record<string, string>>;
  readonly log: string;
}

/** Where a guest's sshd answers, as the harness tells it. */
export interface Reachable {
  readonly host: string;
  readonly port: number;
  readonly privateKeyPath: string;
  readonly knownHostsPath: string;
}

/** Our ssh transport to a guest, as root. The known_hosts file holds the guest's key under `guest`. */
export function rootTransport(guest: Reachable): Transport {
  return sshTransport({
    destination: { host: guest.host, port: guest.port, user: "root" },
    identity: guest.privateKeyPath,
    knownHosts: guest.knownHostsPath,
    alias: "guest",
    config: "/dev/null",
    become: "root",
    machine: "guest",
    env: process.env,
  });
}

/** Runs steps on a guest exactly as the product does: rendered, sent over one ssh login, followed to the end. */
export async function applySteps(transport: Transport, steps: readonly Step[], mode: Mode = "apply"): Promise<Applied> {
  const plan: Plan = { operation: "test", locks: [], exclusive: false, steps };
  const events: Event[] = [];
  const log: string[] = [];
  const end = await follow(
    transport,
    { id: crypto.randomUUID().replaceAll("-", "").slice(0, 16), script: render(plan, mode), wait: true },
    { event: (event) => events.push(event), output: (line) => log.push(line), note: (text) => log.push(text) },
    {
      cancel: new AbortController().signal,
      abandon: new AbortController().signal,
      loginMs: 20_000,
      reconnectMs: 60_000,
    },
  );
  if (end.kind !== "ended") throw new Error(`the run did not end: ${JSON.stringify(end)}\n${log.join("\n")}`);
  const folded = fold(events);
  const named = folded.steps.map(
    (step) => [step.subject === "" ? step.id : `${step.id}@${step.subject}`, step] as const,
  );
  return {
    outcome: folded.outcome,
    results: Object.fromEntries(named.map(([name, step]) => [name, step.result])),
    reports: Object.fromEntries(
      named.flatMap(([name, step]) => (step.report === undefined ? [] : [[name, step.report]])),
    ),
    log: log.join("\n"),
  };
}
