import type { Channel } from "../../providers/transport.ts";
import { type Event, parseEvent } from "../../steps/events.ts";
import loader from "../../steps/loader.sh" with { type: "text" };
import type { FollowEnd, FollowOptions, Listener, Request, Seen } from "./follow.ts";
import { eachLine } from "./lines.ts";

/** How one connection ended. */
export interface Talk {
  readonly code: number;
  /** What was said on stderr besides the log. */
  readonly stderr: string;
  /** The loader ran. */
  readonly greeted: boolean;
  /** What the machine said about the run's end. */
  readonly verdict: FollowEnd | undefined;
}

/** One connection to a run: ask for it, send it when the machine does not know it, then hear it until the connection ends. */
export async function converse(
  channel: Channel,
  request: Request,
  seen: Seen,
  listener: Listener,
  { cancel, abandon }: Pick<FollowOptions, "cancel" | "abandon">,
): Promise<Talk> {
  const noise: string[] = [];
  let greeted = false;
  let verdict: FollowEnd | undefined;
  let writing = channel.write(question(request, seen));
  const write = (text: string) => {
    writing = writing.then(() => channel.write(text));
  };
  const kill = () => channel.kill();
  const onCancel = () => {
    if (greeted) write("cancel\n");
  };
  const greet = (event: Extract<Event, { kind: "hello" }>) => {
    greeted = true;
    verdict = judge(event, request, seen, cancel.aborted);
    if (verdict !== undefined) return channel.end();
    seen.boot = event.bootId;
    listener.event(event);
    if (!event.known && request.script !== undefined) {
      seen.sent = true;
      write(payload(request.script));
    }
    if (cancel.aborted) onCancel();
  };
  const hear = (line: string, bytes: number) => {
    const event = parseEvent(line);
    if (event?.kind === "hello") return greet(event);
    if (event === undefined || !greeted) return;
    verdict = count(event, bytes, seen) ?? verdict;
    listener.event(event);
    if (event.kind === "bye") channel.end();
  };
  cancel.addEventListener("abort", onCancel);
  abandon.addEventListener("abort", kill);
  const left = new Promise<void>((resolve) => abandon.addEventListener("abort", () => resolve(), { once: true }));
  const output = eachLine(channel.stderr, (line, bytes) => {
    if (!line.startsWith("|")) return void noise.push(line);
    seen.log += bytes - 1;
    listener.output(line.slice(1));
  });
  const reading = Promise.all([eachLine(channel.stdout, hear), output, channel.exited]);
  const [, last, code] = (await Promise.race([reading, left])) ?? ["", "", 1];
  cancel.removeEventListener("abort", onCancel);
  abandon.removeEventListener("abort", kill);
  if (last !== "" && !last.startsWith("|")) noise.push(last);
  return { code, stderr: noise.join("\n"), greeted, verdict };
}

function question({ id, script, wait }: Request, seen: Seen): string {
  const header = [
    id,
    script === undefined ? 0 : Buffer.byteLength(secretLines(script)),
    script === undefined ? 0 : Buffer.byteLength(script.text),
    script?.sha256 ?? "-",
    wait ? "wait" : "nowait",
    seen.events,
    seen.log,
  ].join(" ");
  return `${loader}${header}\n`;
}

type Script = NonNullable<Request["script"]>;

function payload(script: Script): string {
  return `${secretLines(script)}${script.text}`;
}

/** `NUMBER BASE64` for each: the only place where secrets are revealed to be sent. */
function secretLines({ secrets }: Script): string {
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  return secrets.map((secret, index) => `${index + 1} ${base64(secret.reveal())}\n`).join("");
}

/** What a greeting alone says about the end: another boot took the run away; what is unknown and unwanted is not sent. */
function judge(
  { bootId, known }: Extract<Event, { kind: "hello" }>,
  { script }: Request,
  seen: Seen,
  cancelled: boolean,
): FollowEnd | undefined {
  if (seen.boot !== undefined && seen.boot !== bootId) return { kind: "lost" };
  if (known || script === undefined) return undefined;
  if (seen.events > 0) return { kind: "lost" };
  return cancelled ? { kind: "cancelled" } : undefined;
}

function count(event: Event, bytes: number, seen: Seen): FollowEnd | undefined {
  switch (event.kind) {
    case "hello":
      return undefined;
    case "torn":
      seen.sent = false;
      return undefined;
    case "lost":
      return { kind: "lost" };
    case "nostart":
      return { kind: "refused", message: event.reason };
    case "bye":
      return { kind: seen.ended ? "ended" : "vanished" };
    default:
      seen.events += bytes;
      if (event.kind === "end") seen.ended = true;
      return undefined;
  }
}
