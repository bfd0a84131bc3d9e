import { closeSync, mkdirSync, openSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { execInto } from "../../../providers/exec.ts";
import install from "../../../steps/machine/files/install-here.sh" with { type: "text" };
import phase from "../../../steps/phase.sh" with { type: "text" };
import type { Context } from "../../context.ts";
import { MachineError } from "../../errors.ts";
import { liveView } from "../../ui/live.ts";
import { openLog } from "../../workstation/logs.ts";
import { NAMES } from "./names.ts";

/** How often it is looked at what apt printed. */
const LOOK_MS = 200;

/**
 * Installs Debian packages on this computer, as root, as a machine's own step does it there. A package transaction is never cut: Ctrl-C
 * is heeded at its end, and when we are killed it goes on alone.
 */
export async function installHere(context: Context, packages: readonly string[]): Promise<void> {
  const { home, env, screen, now, interrupts } = context;
  const title = `apt: ${packages.join(" ")}`;
  const view = liveView(screen, "quickstart", now);
  const redact = (text: string) => text;
  const log = openLog({ directory: home.logs, machine: NAMES.machine, operation: "quickstart", now, redact });
  const waiting = () => view.note("Cancelling: when apt has ended …");
  interrupts.requested.addEventListener("abort", waiting);
  const began = now().getTime();
  view.stepStarted(1, 1, title);
  try {
    const argv = ["bash", "-c", `${phase}\n${install}`, "bash", ...packages];
    const tail: string[] = [];
    const path = `${env.PATH ?? ""}:/usr/sbin:/sbin`;
    const code = await followed(
      home.logs,
      (file) => execInto(argv, { ...env, PATH: path }, file),
      (line) => {
        view.output(line);
        log.line(line);
        if (tail.push(line) > 5) tail.shift();
      },
    );
    view.stepEnded(code === 0 ? "changed" : "failed", now().getTime() - began);
    if (code === 0) return;
    const next = `apt-get install --no-install-recommends ${packages.join(" ")}`;
    throw new MachineError(`apt did not install ${packages.join(", ")}: ${tail.at(-1)} (log: ${log.path}).`, next);
  } finally {
    interrupts.requested.removeEventListener("abort", waiting);
    view.close();
    log.close();
  }
}

/** Hands a program a file that has no name, and tells every line that comes to be in it. */
async function followed(
  directory: string,
  start: (file: number) => Promise<number>,
  told: (line: string) => void,
): Promise<number> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, `apt-${process.pid}`);
  const file = openSync(path, "wx+", 0o600);
  unlinkSync(path);
  const lines = linesOf(file, told);
  const timer = setInterval(lines.read, LOOK_MS);
  try {
    return await start(file);
  } finally {
    clearInterval(timer);
    lines.read();
    lines.end();
    closeSync(file);
  }
}

/** Reads on in a file that grows, whole lines at a time. */
function linesOf(file: number, told: (line: string) => void) {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(65_536);
  let position = 0;
  let rest = "";
  return {
    read(): void {
      for (;;) {
        const size = readSync(file, buffer, 0, buffer.length, position);
        if (size === 0) return;
        position += size;
        const lines = (rest + decoder.decode(buffer.subarray(0, size), { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) told(line);
      }
    },
    end(): void {
      if (rest !== "") told(rest);
    },
  };
}
