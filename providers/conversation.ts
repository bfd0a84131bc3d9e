import type { Channel } from "./transport.ts";

/** A bash that reads commands from its stdin, asked and answered in turns before a run is sent over the same connection. */
export interface Conversation {
  readonly channel: Channel;
  send(text: string): Promise<void>;
  /** The next line that begins with `mark`; undefined at the end. Anything else is a banner or a `.bashrc` that prints. */
  next(mark: string): Promise<string | undefined>;
  /** Hands the channel's output back, for whoever goes on. */
  release(): void;
  /** How it ended, and what was said on stderr. */
  ended(): Promise<{ readonly code: number; readonly stderr: string }>;
}

/** Begins a conversation on a channel. */
export function converse(channel: Channel): Conversation {
  const reader = channel.stdout.getReader();
  let rest = "";
  const decoder = new TextDecoder();
  const line = async (): Promise<string | undefined> => {
    for (;;) {
      const end = rest.indexOf("\n");
      if (end >= 0) {
        const text = rest.slice(0, end);
        rest = rest.slice(end + 1);
        return text;
      }
      const { done, value } = await reader.read();
      if (done) return undefined;
      rest += decoder.decode(value, { stream: true });
    }
  };
  return {
    channel,
    send: (text) => channel.write(text),
    async next(mark) {
      for (;;) {
        const text = await line();
        if (text === undefined || text.startsWith(mark)) return text;
      }
    },
    release: () => reader.releaseLock(),
    async ended() {
      channel.end();
      const [code, stderr] = await Promise.all([channel.exited, new Response(channel.stderr).text()]);
      return { code, stderr };
    },
  };
}
