import { basename } from "node:path";
import type { z } from "zod";
import { didYouMean } from "./nearest.ts";
import { isTable, type KeyPath, showPath, valueAt } from "./toml.ts";
import { keysAt } from "./tree.ts";

/** Something about one key of config.toml. */
export interface Problem {
  readonly path: KeyPath;
  readonly message: string;
}

/** One line a problem, in the order of the file: `config.toml:12: vm_templates.default.cpu: unknown key, …`. */
export function problemLines(
  file: string,
  problems: readonly Problem[],
  lineOf: (path: KeyPath) => number | undefined,
): readonly string[] {
  const placed = problems.map((problem) => ({ ...problem, line: lineOf(problem.path) }));
  placed.sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
  const lines = placed.map(({ path, message, line }) => {
    const place = line === undefined ? basename(file) : `${basename(file)}:${line}`;
    return `${place}: ${showPath(path)}: ${message}`;
  });
  return [...new Set(lines)];
}

/** What zod found, in the operator's words. */
export function schemaProblems(
  schema: z.core.$ZodType,
  document: unknown,
  issues: readonly z.core.$ZodIssue[],
): readonly Problem[] {
  return issues.flatMap((issue): readonly Problem[] => {
    const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
    if (issue.code === "unrecognized_keys") {
      const keys = issue.keys.filter((key) => key !== "__proto__");
      return keys.map((key) => ({ path: [...path, key], message: unknownKey(schema, document, path, key) }));
    }
    // Of a value that may be text or a table, what is wrong with the form that it has.
    const form = issue.code === "invalid_union" ? issue.errors.find((found) => !found.some(isOtherType)) : undefined;
    if (form)
      return schemaProblems(
        schema,
        document,
        form.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })),
      );
    if (issue.code === "invalid_key") return issue.issues.map(({ message }) => ({ path, message }));
    return [{ path, message: wrongValue(issue, valueAt(document, path)) }];
  });
}

/** Every key `__proto__`: JavaScript gives it a meaning of its own, and checks of the schema would pass it by. */
export function protoKeys(value: unknown, path: KeyPath = []): readonly Problem[] {
  if (Array.isArray(value)) return value.flatMap((element, index) => protoKeys(element, [...path, index]));
  if (!isTable(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    return key === "__proto__" ? [{ path: here, message: "this name cannot be used" }] : protoKeys(inner, here);
  });
}

function isOtherType(issue: z.core.$ZodIssue): boolean {
  return issue.code === "invalid_type" && issue.path.length === 0;
}

function unknownKey(schema: z.core.$ZodType, document: unknown, path: KeyPath, key: string): string {
  const removed = removedKey([...path, key]);
  if (removed !== undefined) return removed;
  const kind = path.length === 0 && isTable(valueAt(document, [key])) ? "section" : "key";
  return `unknown ${kind}${didYouMean(key, keysAt(schema, path))}`;
}

function wrongValue(issue: z.core.$ZodIssue, value: unknown): string {
  if (value === undefined) return "is required";
  if (issue.message.startsWith("must not")) return issue.message;
  const meant =
    issue.code === "invalid_value" && typeof value === "string" ? didYouMean(value, issue.values.map(String)) : "";
  return `${issue.message}, not ${show(value)}${meant}`;
}

function removedKey(path: KeyPath): string | undefined {
  const [section, , key] = path;
  if (key === "test" && (section === "system_install_commands" || section === "user_install_commands")) {
    return "was removed: use test_exec, test_file or test_dir";
  }
  switch (path.join(".")) {
    case "dotfiles":
      return "was removed: use dotfiles_source, dotfiles_destination and dotfiles_install_cmd in [admin.config] and [agent_templates.*]";
    case "vm":
      return "was removed: [vm.config] is [vm_templates.default] now";
    case "agent":
      return "was removed: [agent.config] is [agent_templates.default] now";
    case "defaults.git_credentials":
      return "was removed: use git_credentials in [admin.config] and [agent_templates.*]";
    default:
      return undefined;
  }
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  return typeof value === "object" ? "a table" : String(value);
}
