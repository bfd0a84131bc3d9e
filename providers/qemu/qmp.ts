import { connect, type Socket } from "node:net";
import { z } from "zod";
import { withShortPath } from "./socket.ts";

/** How a QEMU answers on its socket: not at all (there is none), or as this process. */
export type Answer<T> =
  | { readonly kind: "absent" }
  | { readonly kind: "silent" }
  | { readonly kind: "there"; readonly said: T };

/** A conversation with one QEMU. QEMU talks with one at a time, so it is kept short. */
export interface Qmp {
  /** Sends a command (https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html); what it returned, undefined when QEMU ended meanwhile. */
  command(name: string, given?: object): Promise<unknown>;
}

/** QEMU is there, and says nothing. */
class Silent extends Error {}

const Message = z.object({
  QMP: z.unknown().optional(),
  return: z.unknown().optional(),
  error: z.object({ desc: z.string() }).optional(),
  event: z.string().optional(),
});
type Message = z.infer<typeof Message>;

/** Talks with the QEMU that listens at `path`, which has `limitMs` for each answer. */
export async function talk<T>(path: string, limitMs: number, say: (qmp: Qmp) => Promise<T>): Promise<Answer<T>> {
  const socket = await withShortPath(path, open);
  if (socket === undefined) return { kind: "absent" };
  const messages = reader(socket, limitMs);
  const greeting = await messages();
  if (greeting === "silent") socket.destroy();
  if (typeof greeting === "string") return { kind: greeting === "silent" ? "silent" : "absent" };
  const qmp: Qmp = {
    command: async (name, given) => {
      socket.write(`${JSON.stringify({ execute: name, ...(given === undefined ? {} : { arguments: given }) })}\n`);
      for (;;) {
        const message = await messages();
        if (message === "ended") return undefined;
        if (message === "silent") throw new Silent(`QEMU did not answer ${name} in ${limitMs} ms`);
        if (message.error !== undefined) throw new Error(`QEMU refused ${name}: ${message.error.desc}`);
        if ("return" in message) return message.return;
      }
    },
  };
  try {
    await qmp.command("qmp_capabilities");
    return { kind: "there", said: await say(qmp) };
  } catch (error) {
    if (error instanceof Silent) return { kind: "silent" };
    throw error;
  } finally {
    socket.destroy();
  }
}

/** A connected socket; undefined when nobody listens there. */
function open(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (["ENOENT", "ECONNREFUSED"].includes(error.code ?? "")) resolve(undefined);
      else reject(error);
    });
  });
}

/** Gives the next message, line by line. */
function reader(socket: Socket, limitMs: number): () => Promise<Message | "ended" | "silent"> {
  const queue: (Message | "ended")[] = [];
  let waiting: ((message: Message | "ended") => void) | undefined;
  let rest = "";
  const give = (message: Message | "ended") => {
    if (waiting === undefined) queue.push(message);
    else waiting(message);
  };
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = `${rest}${text}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") give(Message.parse(JSON.parse(line)));
  });
  socket.on("error", () => give("ended"));
  socket.on("close", () => give("ended"));
  return () => {
    const ready = queue.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => {
      const settle = (message: Message | "ended" | "silent") => {
        clearTimeout(timer);
        waiting = undefined;
        resolve(message);
      };
      const timer = setTimeout(() => settle("silent"), limitMs);
      waiting = settle;
    });
  };
}
