import { z } from "zod";
import statusScript from "./status.sh" with { type: "text" };

/** How a session is. Of a hostile one only these words and numbers get through. */
export type SessionStatus = {
  /** Bytes of its unit; null when the machine does not count them. */
  readonly memory: number | null;
  /** Milliseconds of processor time of its unit. */
  readonly cpu: number | null;
} & (
  | { readonly status: "running" /** Seconds since its last output. */; readonly idle: number }
  | { readonly status: "exited"; readonly code: number }
  | { readonly status: "stopped" | "unreachable" | "unknown" }
);

/** What to send to a root bash on a machine to learn how these sessions are. */
export function statusRequest(sessions: readonly string[]): string {
  return `${statusScript}${sessions.join(" ")}\n`;
}

const count = (most: number) =>
  z
    .string()
    .regex(/^[0-9]{1,18}$/)
    .transform(Number)
    .refine((value) => value <= most);
const measure = z.union([z.literal("-").transform(() => null), count(Number.MAX_SAFE_INTEGER)]);
const nothing = z.literal("-");

const line = z.union([
  z.tuple([z.string(), z.literal("running"), nothing, count(Number.MAX_SAFE_INTEGER), measure, measure]),
  z.tuple([z.string(), z.literal("exited"), count(255), nothing, measure, measure]),
  z.tuple([z.string(), z.enum(["stopped", "unreachable", "unknown"]), nothing, nothing, measure, measure]),
]);

/** The answer to `statusRequest`: undefined when it was cut off. A session that it does not tell of is unknown. */
export function parseStatuses(
  answer: string,
  sessions: readonly string[],
): ReadonlyMap<string, SessionStatus> | undefined {
  const lines = answer.split("\n").map((text) => text.split("\t"));
  if (!lines.some(([mark, word]) => mark === "@sessions" && word === "end")) return undefined;
  const unknown = { status: "unknown", memory: null, cpu: null } as const;
  const statuses = new Map<string, SessionStatus>(sessions.map((name) => [name, unknown]));
  for (const [mark, ...words] of lines) {
    const told = line.safeParse(words);
    if (mark !== "@session" || !told.success || !statuses.has(told.data[0])) continue;
    statuses.set(told.data[0], toStatus(told.data));
  }
  return statuses;
}

function toStatus([, status, code, idle, memory, cpu]: z.infer<typeof line>): SessionStatus {
  if (status === "running") return { status, idle, memory, cpu };
  if (status === "exited") return { status, code, memory, cpu };
  return { status, memory, cpu };
}
