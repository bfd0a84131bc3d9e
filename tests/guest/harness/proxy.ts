import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface ProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
  /** Added to everything, each way: 50 makes a round trip 100 ms longer. */
  readonly delayMs?: number;
}

/** A TCP proxy on a port of 127.0.0.1, for tests of slow and broken links. */
export interface TcpProxy {
  readonly port: number;
  /** How many connections are open now. */
  connections(): number;
  /** Ends all connections, as a network that is gone does; new ones are accepted. */
  cut(): void;
  /** Forwards nothing from here on, and keeps the connections: the other side seems to hang. */
  silence(): void;
  /** Ends the silence: what was sent meanwhile arrives now. */
  resume(): void;
  /** Lets this many more bytes through, over all connections, and then cuts. `up` is towards the target. */
  cutAfterBytes(limit: { readonly up?: number; readonly down?: number }): void;
  stop(): Promise<void>;
}

interface Direction {
  /** How many bytes may still pass before the cut. */
  left: number;
}

interface Link {
  readonly delayMs: number;
  readonly sockets: Set<Socket>;
  readonly up: Direction;
  readonly down: Direction;
  /** What arrived during a silence, in order; undefined when there is none. */
  held: Array<() => void> | undefined;
}

export async function startProxy({ target, delayMs = 0 }: ProxyOptions): Promise<TcpProxy> {
  const link: Link = {
    delayMs,
    sockets: new Set(),
    up: { left: Number.POSITIVE_INFINITY },
    down: { left: Number.POSITIVE_INFINITY },
    held: undefined,
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true, noDelay: true });
    join(link, client, upstream);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => link.sockets.size / 2,
    cut: () => cut(link),
    silence: () => {
      link.held ??= [];
    },
    resume: () => resume(link),
    cutAfterBytes: ({ up, down }) => {
      link.up.left = up ?? Number.POSITIVE_INFINITY;
      link.down.left = down ?? Number.POSITIVE_INFINITY;
    },
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      cut(link);
      await closed;
    },
  };
}

function join(link: Link, client: Socket, upstream: Socket): void {
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    link.sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      link.sockets.delete(socket);
      link.sockets.delete(other);
      other.destroy();
    });
  }
  forward(link, client, upstream, link.up);
  forward(link, upstream, client, link.down);
}

function forward(link: Link, source: Socket, sink: Socket, direction: Direction): void {
  source.on("data", (chunk: Buffer) => later(link, () => pass(link, source, sink, direction, chunk)));
  source.on("end", () => later(link, () => sink.end()));
  sink.on("drain", () => source.resume());
}

// Timers of one length fire in the order they were set, so bytes and the end of a stream stay in order.
function later(link: Link, action: () => void): void {
  const arrive = () => (link.held ? link.held.push(action) : action());
  if (link.delayMs > 0) setTimeout(arrive, link.delayMs);
  else arrive();
}

function pass(link: Link, source: Socket, sink: Socket, direction: Direction, chunk: Buffer): void {
  if (sink.destroyed) return;
  if (chunk.length < direction.left) {
    direction.left -= chunk.length;
    if (!sink.write(chunk)) source.pause();
    return;
  }
  const last = chunk.subarray(0, direction.left);
  direction.left = 0; // so that nothing more passes until these bytes are out
  if (last.length > 0) sink.write(last, () => cut(link));
}

function resume(link: Link): void {
  const held = link.held ?? [];
  link.held = undefined;
  for (const action of held) action();
}

function cut(link: Link): void {
  for (const socket of link.sockets) socket.destroy();
  link.sockets.clear();
  link.up.left = Number.POSITIVE_INFINITY;
  link.down.left = Number.POSITIVE_INFINITY;
}
