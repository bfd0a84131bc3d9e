import type { Transport } from "../../providers/transport.ts";
import type { Secret } from "../../steps/secret.ts";
import { MachineError } from "../errors.ts";

/** What a read came to: its lines, or why there are none. */
export type Read =
  | { readonly kind: "answer"; readonly text: string }
  | { readonly kind: "silent"; readonly message: string; readonly next: string };

export interface ReadOptions {
  /** For everything: connecting, retries, running. */
  readonly limitMs: number;
  readonly sudoPassword?: Secret;
  readonly cancel: AbortSignal;
}

/** The most that a read may print: what a machine says is not trusted to end. */
const LARGEST = 16 * 1024 * 1024;

/** How long a login that brought no byte is tried again. */
const LOGIN_MS = 20_000;

/** Runs a script that changes nothing on the connection itself, and returns what it printed. */
export async function read(transport: Transport, script: string, options: ReadOptions): Promise<Read> {
  const deadline = Date.now() + options.limitMs;
  const lastLogin = Math.min(deadline - 1000, Date.now() + LOGIN_MS);
  for (;;) {
    const { code, text, stderr, timedOut } = await once(transport, script, options, deadline - Date.now());
    if (code === 0) return { kind: "answer", text };
    if (timedOut) {
      const message = `${transport.label}: no answer within ${Math.round(options.limitMs / 1000)} s`;
      return { kind: "silent", message, next: transport.explain(255, "timed out").next };
    }
    const retry = text === "" && transport.isTransient(code, stderr) && Date.now() < lastLogin;
    if (!retry || options.cancel.aborted) return { kind: "silent", ...transport.explain(code, stderr) };
    await Bun.sleep(200 + Math.random() * 600);
  }
}

/** As `read`, for when there is nothing to do without an answer. */
export async function readOrThrow(transport: Transport, script: string, options: ReadOptions): Promise<string> {
  const answer = await read(transport, script, options);
  if (answer.kind === "answer") return answer.text;
  throw new MachineError(answer.message, answer.next);
}

async function once(transport: Transport, script: string, { sudoPassword, cancel }: ReadOptions, leftMs: number) {
  const channel = transport.open(sudoPassword === undefined ? {} : { sudoPassword });
  let timedOut = false;
  const kill = () => channel.kill();
  const timer = setTimeout(
    () => {
      timedOut = true;
      kill();
    },
    Math.max(1, leftMs),
  );
  cancel.addEventListener("abort", kill);
  try {
    const reading = Promise.all([bounded(channel.stdout, kill), bounded(channel.stderr, kill), channel.exited]);
    await channel.write(script);
    channel.end();
    const [text, stderr, code] = await reading;
    return { code, text, stderr, timedOut };
  } finally {
    clearTimeout(timer);
    cancel.removeEventListener("abort", kill);
  }
}

async function bounded(stream: ReadableStream<Uint8Array>, tooMuch: () => void): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > LARGEST) {
      tooMuch();
      break;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
