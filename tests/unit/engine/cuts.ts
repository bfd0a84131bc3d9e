import type { Channel, Transport } from "../../../providers/transport.ts";

/** After how many bytes a connection breaks, each way. */
export interface Cut {
  readonly up?: number;
  readonly down?: number;
}

/** A transport whose connections break as `cuts` says, one after the other; those after the last one hold. */
export function cutting(transport: Transport, cuts: readonly Cut[]): Transport & { readonly opened: () => number } {
  let opened = 0;
  return {
    ...transport,
    opened: () => opened,
    isTransient: (code) => code === 255,
    isRefused: () => false,
    open(options) {
      const cut = cuts[opened++];
      const channel = transport.open(options);
      return cut === undefined ? channel : cutChannel(channel, cut);
    },
  };
}

/** The machine's side sees the end of its stdin, as with a lost connection; ours sees ssh's exit code 255. */
function cutChannel(inner: Channel, { up = Number.POSITIVE_INFINITY, down = Number.POSITIVE_INFINITY }: Cut): Channel {
  const gone = Promise.withResolvers<void>();
  const left = { up, down };
  const sever = () => {
    gone.resolve();
    inner.end();
  };
  const receive = (stream: ReadableStream<Uint8Array>) => {
    const reader = stream.getReader();
    return new ReadableStream<Uint8Array>({
      async pull(controller) {
        const read = await Promise.race([reader.read(), gone.promise]);
        if (read === undefined || read.done) {
          void reader.cancel();
          return controller.close();
        }
        const part = read.value.subarray(0, left.down);
        left.down -= part.length;
        if (part.length > 0) controller.enqueue(part);
        if (left.down > 0) return;
        sever();
        void reader.cancel();
        controller.close();
      },
    });
  };
  return {
    ...inner,
    async write(bytes) {
      const part = Buffer.from(bytes).subarray(0, left.up);
      left.up -= part.length;
      await inner.write(part);
      if (left.up <= 0) sever();
    },
    stdout: receive(inner.stdout),
    stderr: receive(inner.stderr),
    exited: Promise.race([inner.exited, gone.promise.then(() => 255)]),
  };
}
