import { inspect } from "node:util";

/** The fewest characters a secret may have: a shorter one could not be redacted without masking ordinary text. */
export const SHORTEST_SECRET = 6;

/** Why a value cannot be a secret, in words; undefined when it can. Asked at the door: the constructor only makes sure. */
export function secretProblem(value: string): string | undefined {
  if (value.includes("\0")) return "it has a NUL character, which no machine can be given";
  if (value.length < SHORTEST_SECRET) {
    return `it is shorter than ${SHORTEST_SECRET} characters, too short to be kept out of logs`;
  }
  return undefined;
}

/**
 * A value that is never shown: printing, logging or serialising one yields its name alone.
 * `reveal()` is called in one place, where the wire sends it on stdin.
 */
export class Secret {
  readonly name: string;
  readonly #value: string;

  constructor(name: string, value: string) {
    const problem = secretProblem(value);
    if (problem !== undefined) throw new Error(`secret ${name}: ${problem}`);
    this.name = name;
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[secret ${this.name}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** A function that masks every one of `secrets` in a text, also where it stands encoded. */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  const needles = secrets.flatMap((secret) =>
    forms(secret.reveal()).map((form) => ({ form, label: secret.toString() }) as const),
  );
  needles.sort((a, b) => b.form.length - a.form.length);
  return (text) => needles.reduce((masked, { form, label }) => masked.replaceAll(form, () => label), text);
}

/** How tools repeat a value: whole, line by line (logs are redacted so), quoted for JSON, percent-encoded, and in base64. */
function forms(value: string): readonly string[] {
  const lines = value.split(/\r?\n/);
  const all = [value, ...lines].flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    ...percentEncoded(text),
    ...base64Encoded(text),
  ]);
  return [...new Set(all)].filter((form) => form.length >= SHORTEST_SECRET);
}

/** As encodeURIComponent does, as curl does, as a form does; with capital and with small hex digits. */
function percentEncoded(text: string): readonly string[] {
  const hex = (character: string) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  const loose = encodeURIComponent(text.toWellFormed());
  const strict = loose.replaceAll(/[!'()*]/g, hex);
  const form = new URLSearchParams({ "": text }).toString().slice(1);
  const capital = [loose, strict, form];
  return [...capital, ...capital.map((encoded) => encoded.replaceAll(/%../g, (code) => code.toLowerCase()))];
}

/** Base64, also of a longer text that the value stands in: its first byte may be any of three in a group. */
function base64Encoded(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  const aligned = [0, 1, 2].map((offset) => {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const first = Math.ceil((offset * 8) / 6);
    const last = Math.floor(((offset + bytes.length) * 8) / 6);
    return whole.slice(first, last);
  });
  return [...aligned, ...aligned.map((form) => form.replaceAll("+", "-").replaceAll("/", "_"))];
}
