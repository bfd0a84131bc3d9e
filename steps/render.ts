import { createHash } from "node:crypto";
import phaseFunctions from "./phase.sh" with { type: "text" };
import runtime from "./runtime.sh" with { type: "text" };
import { Secret } from "./secret.ts";
import type { Plan, Step, Value } from "./step.ts";

/** One plan as it is sent: the bytes of the script, their sum, and the secrets that travel beside it. */
export interface Script {
  readonly text: string;
  /** SHA-256 of the text, in hex. */
  readonly sha256: string;
  readonly secrets: readonly Secret[];
}

/** `apply` brings the machine to the plan; `check` only looks (the drift report of `vm plan`). */
export type Mode = "apply" | "check";

const HEADER = `\
# Each value and each step's functions are used by the bash of its own that a step's phase runs in.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2317,SC2329`;

/** The script of a plan. Pure: the same plan gives the same bytes. */
export function render(plan: Plan, mode: Mode): Script {
  const bodies = new Map(plan.steps.map((step) => [step.id, step.text]));
  const secrets = [...new Set(plan.steps.flatMap(secretsOf))];
  const text = [
    HEADER,
    "",
    assign("OPERATION", plan.operation),
    assign("MODE", mode),
    assign("LOCKS", [...new Set([...plan.locks, "machine"])].sort()),
    assign("EXCLUSIVE", plan.exclusive),
    assign("STEP_COUNT", plan.steps.length),
    assign("PHASE_FUNCTIONS", functionNames(phaseFunctions)),
    "",
    withoutHeader(runtime),
    withoutHeader(phaseFunctions),
    ...[...bodies].map(([id, body]) => `${bodyName(id)}() {\n${indent(withoutHeader(body))}}\n`),
    ...plan.steps.map((step, index) => `values_${index + 1}() {\n${assignments(step)}}\n`),
    `steps() {\n${plan.steps.map((step, index) => `  ${runLine(step, index, secrets)}\n`).join("")}}\n`,
    '{\n  main "$@"\n  exit\n}',
    "",
  ].join("\n");
  return { text, sha256: sha256(text), secrets };
}

/** The names of the phases that a step's file defines. */
export function phasesOf(text: string): readonly string[] {
  return functionNames(text).filter((name) => ["check", "apply", "report"].includes(name));
}

/** The parameters that a step's file says it needs. */
export function needsOf(text: string): readonly string[] {
  const line = /^# needs:(.*)$/m.exec(text)?.[1] ?? "";
  return line.split(/\s+/).filter((word) => word !== "");
}

/** A value as one word of bash that reads back equal. NUL cannot be in one. */
export function quote(value: string): string {
  if (value.includes("\0")) throw new Error("a value with a NUL byte reached the renderer");
  return `'${value.replaceAll("'", "'\\''")}'`;
}

function runLine(step: Step, index: number, secrets: readonly Secret[]): string {
  const words = [
    String(index + 1),
    quote(step.id),
    quote(step.subject),
    quote(step.name),
    quote(step.user),
    String(step.fatal),
    String(step.limit),
    stampOf(step),
    bodyName(step.id),
    `values_${index + 1}`,
    quote(phasesOf(step.text).join(" ")),
    quote(secretWords(step, secrets)),
  ];
  return `run_step ${words.join(" ")}`;
}

/** What a step without a check is recognised by: its text and values. A secret counts by its name alone. */
function stampOf(step: Step): string {
  return sha256(`${step.text}\n${assignments(step)}`);
}

/** The lines of the function that sets a step's values; what stands inside a value is never touched. */
function assignments(step: Step): string {
  const lines = Object.entries(step.values).filter(([, value]) => !(value instanceof Secret));
  return lines.length === 0 ? "  :\n" : lines.map(([name, value]) => `  ${assign(name, value)}\n`).join("");
}

function assign(name: string, value: Value): string {
  if (Array.isArray(value)) return `${name}=(${value.map(quote).join(" ")})`;
  return `${name}=${typeof value === "string" ? quote(value) : String(value)}`;
}

function secretsOf(step: Step): readonly Secret[] {
  return Object.values(step.values).filter((value) => value instanceof Secret);
}

/** `TOKEN=1`: the parameter TOKEN is the first secret on stdin. */
function secretWords(step: Step, secrets: readonly Secret[]): string {
  const entries = Object.entries(step.values).filter((entry): entry is [string, Secret] => entry[1] instanceof Secret);
  return entries.map(([name, secret]) => `${name}=${secrets.indexOf(secret) + 1}`).join(" ");
}

function functionNames(text: string): readonly string[] {
  return [...text.matchAll(/^([a-z_]+)\(\) \{/gm)].map((match) => match[1] ?? "");
}

function bodyName(id: string): string {
  return `step_${id.replaceAll(/[^a-z0-9]/g, "_")}`;
}

/** Comments above the first line of code say things to the reader of the file, not of the script. */
function withoutHeader(text: string): string {
  return text.replace(/^(?:#.*\n|\n)+/, "");
}

/** Step files hold no here-documents and no strings of several lines (a test sees to it), so this changes no meaning. */
function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
