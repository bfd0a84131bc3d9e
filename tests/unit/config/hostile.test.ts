import { describe, expect, test } from "bun:test";
import { stringify } from "smol-toml";
import { settings, textFields } from "../../../cli/config/settings.ts";
import { load, refused } from "./fixture.ts";

type Table = Record<string, unknown>;

const HOSTILE: Readonly<Record<string, string>> = {
  quotes: `'"''""'"'"'"""'''`,
  lines: "one\ntwo\r\nthree\rfour\n",
  substitution: "$(touch /tmp/x) `id` $HOME $((1+1))",
  separators: "; a & b | c && d || e > f < g # h",
  globs: "* ? [a-z] {a,b} ~ !! \\ \\n \\u0000 %s",
  option: "--help",
  utf8: "é ß 漢字 🦊 \u0301 \u202e \u2028 \ufeff",
  controls: "\u0001\u0007\u0008\t\u001b[31m\u007f\u0085",
  spaces: "  leading and trailing  ",
  long: "x'\"$`\\\n🦊".repeat(410),
};

/** What an entry needs beside the field under test. */
const REQUIRED: Readonly<Record<string, Table>> = {
  git_credentials: { type: "github" },
  apt_sources: { key_url: "u", key_path: "/k", source: "s", source_file: "f" },
  system_install_commands: { command: "c" },
  user_install_commands: { command: "c" },
};

/** These name something else, which has to exist. */
const isReference = (path: string): boolean => /(inherits\[\]|git_credentials\[\]|\.secret)$/.test(path);

/** A document in which every text field holds what `value` makes for it. */
function documentOf(paths: readonly string[], value: (path: string) => string): Table {
  const document: Table = {
    operator: { ssh_public_key: "/a", ssh_private_key: "/b" },
    azure: {},
    proxmox: { template_vmid: 1 },
  };
  for (const [place, path] of paths.entries()) {
    const [section = "", ...rest] = path.split(".");
    // Each field of an entry gets an entry of its own, since some exclude each other.
    const keys = rest.map((key, depth) =>
      key === "*" ? (depth === 0 ? `entry${place}` : `NAME${place}`) : key === "<name>" ? value(path) : key,
    );
    if (rest[0] === "*") put(document, [section, keys[0] ?? ""], { ...REQUIRED[section] });
    const isName = rest.at(-1) === "<name>";
    put(
      document,
      [section, ...keys],
      isName ? { ...REQUIRED[section] } : path.endsWith("[]") ? [value(path)] : value(path),
    );
  }
  return document;
}

function put(document: Table, path: readonly string[], value: unknown): void {
  const [key = "", ...rest] = path;
  const name = key.replace("[]", "");
  const inner = (document[name] ?? {}) as Table;
  document[name] = rest.length === 0 ? value : inner;
  if (rest.length > 0) put(inner, rest, value);
}

/** Every text in a value, keys included. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (value instanceof Map) return [...value].flatMap(([key, inner]) => [key, ...textsIn(inner)]);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

const kinds = new Map(settings().map(({ path, kind }) => [path, kind]));
const free = textFields().filter((path) => !isReference(path));

test("every section has text fields, and all are known", () => {
  expect(textFields().length).toBeGreaterThan(80);
  expect(textFields()).toContain("session_templates.*.command");
  expect(textFields()).toContain("vm_templates.*.apt[]");
  expect(textFields()).toContain("session_templates.*.env.*");
  expect(textFields()).toContain("vm_templates.<name>");
  expect(textFields()).not.toContain("admin.config.username");
});

test("every setting has a kind and a description", () => {
  expect(settings().filter(({ kind, description }) => kind === undefined || description === "")).toEqual([]);
});

describe("every text field gives back, unchanged,", () => {
  for (const [name, hostile] of Object.entries(HOSTILE)) {
    test(name, () => {
      const value = (path: string) => `${kinds.get(path)?.includes("path") ? "/" : ""}${hostile}${path}`;
      const loaded = new Set(textsIn(load(stringify(documentOf(free, value))).config));
      expect(free.filter((path) => !loaded.has(value(path)))).toEqual([]);
    });

    test(`${name}, in names and what refers to them`, () => {
      const operator = { ssh_public_key: "/a", ssh_private_key: "/b" };
      const secret = { env: { A: { secret: hostile } } };
      const { config } = load(
        stringify({
          operator,
          vm_templates: { [hostile]: { cpus: 7, ...secret }, child: { inherits: [hostile] } },
          agent_templates: { default: { git_credentials: [hostile] } },
          git_credentials: { [hostile]: { type: "github" } },
          secrets: { [hostile]: {} },
        }),
      );
      expect(config.templates.vm.get("child")).toMatchObject({ cpus: 7, ...secret });
      expect(config.templates.agent.get("default")?.gitCredentials).toEqual([hostile]);
      expect([config.gitCredentials.has(hostile), config.secrets.has(hostile)]).toEqual([true, true]);
    });
  }
});

test("a NUL is refused in every one of them, by the field's name", () => {
  const paths = textFields().filter((path) => !path.endsWith("<name>"));
  const lines = refused(stringify(documentOf(paths, () => "/a\0b"))).message.split("\n");
  const told = lines.flatMap((line) => / ([^ ]+): must not contain a NUL character$/.exec(line)?.[1] ?? []);
  const forms = told.map((path) =>
    path
      .replace(/\.entry\d+/, ".*")
      .replace(/\.NAME\d+/, ".*")
      .replace("[0]", "[]"),
  );
  expect(new Set(forms)).toEqual(new Set(paths));
});

test("a NUL is refused in every name", () => {
  const sections = textFields()
    .filter((path) => path.endsWith(".<name>"))
    .map((path) => path.replace(".<name>", ""));
  const document = {
    operator: { ssh_public_key: "/a", ssh_private_key: "/b" },
    ...Object.fromEntries(sections.map((name) => [name, { "a\0": {} }])),
  };
  const { message } = refused(stringify(document));
  for (const name of sections) expect(message).toContain(`${name}."a\\u0000": must not contain a NUL character`);
});
