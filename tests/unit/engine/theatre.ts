import type { Channel, Transport } from "../../../providers/transport.ts";

/** How one connection goes: what it says and its exit code. `later` is said when the script has come. */
export interface Scene {
  readonly stdout?: string;
  readonly later?: string;
  readonly stderr?: string;
  readonly code: number;
  /** How long it lives. */
  readonly ms?: number;
}

/** A machine that answers as written; an unplayed scene fails the test. */
export function theatre(scenes: readonly Scene[], last?: Scene) {
  const sent: string[] = [];
  const times: number[] = [];
  const play = (scene: Scene): Channel => {
    const index = sent.push("") - 1;
    times.push(Date.now());
    const out = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
    const stdout = new ReadableStream<Uint8Array>({ start: (controller) => out.resolve(controller) });
    const ended = Promise.withResolvers<number>();
    let open = true;
    const say = (text: string) => void out.promise.then((controller) => open && controller.enqueue(Buffer.from(text)));
    const close = (code: number) => {
      ended.resolve(code);
      void out.promise.then((controller) => {
        if (open) controller.close();
        open = false;
      });
    };
    if (scene.stdout !== undefined) say(scene.stdout);
    if (scene.later === undefined) setTimeout(() => close(scene.code), scene.ms ?? 0);
    return {
      async write(bytes) {
        sent[index] += String(bytes);
        if (scene.later === undefined || !sent[index]?.includes("STEP_COUNT=")) return;
        say(scene.later);
        setTimeout(() => close(scene.code), scene.ms ?? 0);
      },
      end: () => {},
      stdout,
      stderr: new Response(scene.stderr ?? "").body ?? new ReadableStream(),
      exited: ended.promise,
      kill: () => close(137),
    };
  };
  const transport: Transport = {
    label: "the theatre",
    open: () => {
      const scene = scenes[sent.length] ?? last;
      if (scene === undefined) throw new Error(`there is no scene ${sent.length}`);
      return play(scene);
    },
    isRefused: (code, stderr) => code === 255 && stderr.includes("Connection refused"),
    isTransient: (code, stderr) => code === 255 && !/Permission denied|Connection refused/.test(stderr),
    explain: (code, stderr) => ({ message: `${code}: ${stderr}`, next: "look" }),
    interactive: () => [],
  };
  return { transport, sent, times };
}
