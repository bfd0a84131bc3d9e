import { UserError } from "../errors.ts";
import { printable, printableJson, printableWithColor } from "./printable.ts";

/** The process's standard streams, as far as a screen uses them; a test passes its own. */
export interface Terminal {
  /** Writes all of it before it returns. */
  write(stream: "stdout" | "stderr", text: string): void;
  isTTY(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** The width of the terminal that `stream` is. */
  columns(stream: "stdout" | "stderr"): number;
}

/** stdout for data, stderr for talk. Everything passes the sink of printable.ts. */
export interface Screen {
  /** A text and a newline on stdout: what the command was asked for. */
  out(text: string): void;
  /** A text and a newline on stderr: everything else. */
  err(text: string): void;
  /** As `out`, for text that we composed: the colours of style.ts pass. What a machine said was cleaned before it went in. */
  styled(text: string): void;
  /** One JSON document and a newline on stdout. */
  json(value: unknown): void;
  /** Unfiltered on stderr, for colours and cursor movements of our own: whoever draws cleans what it shows. */
  draw(sequence: string): void;
  isTTY(stream: "stdin" | "stdout" | "stderr"): boolean;
  /** Whether stdout takes colour. */
  readonly color: boolean;
  /** Whether stderr takes colour. */
  readonly errColor: boolean;
  /** The columns of stdout when it is a terminal, else unlimited. */
  readonly width: number;
  /** The columns of stderr when it is a terminal, else unlimited. */
  readonly errWidth: number;
}

/** The screen on a terminal. What a stream is, is asked when it matters: asking costs start-up time. */
export function createScreen(terminal: Terminal, env: Readonly<Record<string, string | undefined>>): Screen {
  const colored = (stream: "stdout" | "stderr"): boolean =>
    !env.NO_COLOR && env.TERM !== "dumb" && terminal.isTTY(stream);
  const width = (stream: "stdout" | "stderr"): number =>
    terminal.isTTY(stream) ? terminal.columns(stream) : Number.POSITIVE_INFINITY;
  return {
    out: (text) => terminal.write("stdout", `${printable(text)}\n`),
    err: (text) => terminal.write("stderr", `${printable(text)}\n`),
    styled: (text) => terminal.write("stdout", `${colored("stdout") ? printableWithColor(text) : printable(text)}\n`),
    json: (value) => terminal.write("stdout", `${printableJson(value)}\n`),
    draw: (sequence) => terminal.write("stderr", sequence),
    isTTY: (stream) => terminal.isTTY(stream),
    get color() {
      return colored("stdout");
    },
    get errColor() {
      return colored("stderr");
    },
    get width() {
      return width("stdout");
    },
    get errWidth() {
      return width("stderr");
    },
  };
}

/** What a failed write means for the operator, as an error; `undefined` when the reader has merely gone (`| head`). */
export function writeProblem(error: unknown): UserError | undefined {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "EPIPE" || code === "EIO") return undefined;
  return new UserError(`cannot write the output: ${message}`, "free space where the output goes, or send it elsewhere");
}
