import { DEFAULT_TEMPLATE, lineage, parentsOf } from "./inherit.ts";
import { didYouMean } from "./nearest.ts";
import type { Problem } from "./problems.ts";
import { isTable, type KeyPath, type Table, valueAt } from "./toml.ts";

/** The names that the built-in catalog offers. */
export interface KnownCatalog {
  readonly aptSources: Iterable<string>;
  readonly aptPackages: Iterable<string>;
  readonly systemInstallCommands: Iterable<string>;
  readonly userInstallCommands: Iterable<string>;
}

const TEMPLATES = ["vm_templates", "agent_templates", "workspace_templates", "session_templates"] as const;

/** The variable that a git credential's token may be in: `GIT_CREDENTIALS_MY_HUB` for `my-hub`. */
export function credentialVariable(name: string): string {
  return `GIT_CREDENTIALS_${name.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * What is wrong between keys: names that do not exist, cycles, keys that need or exclude each other. The document may have
 * any shape, so that these are told together with what the schema finds.
 */
export function referenceProblems(document: Table, catalog: KnownCatalog | undefined): readonly Problem[] {
  return [
    ...TEMPLATES.flatMap((section) => inheritance(document, section)),
    ...credentials(document),
    ...secrets(document),
    ...installers(document),
    ...(catalog ? catalogNames(document, catalog) : []),
  ];
}

function inheritance(document: Table, section: (typeof TEMPLATES)[number]): readonly Problem[] {
  const written = document[section];
  const known = [...names(document, section), DEFAULT_TEMPLATE];
  const kind = section.replace("_templates", "");
  const unknown = tables(document, section).flatMap((path) =>
    unknownNames(document, [...path, "inherits"], `${kind} template`, known),
  );
  const cycles = names(document, section).flatMap((name): readonly Problem[] => {
    const parents = (template: string) => parentsOf(written, template);
    const around = parents(name).find((parent) => lineage(parent, parents).includes(name));
    if (around === undefined) return [];
    return [
      {
        path: [section, name, "inherits"],
        message: `inherits from itself${around === name ? "" : ` by way of ${JSON.stringify(around)}`}`,
      },
    ];
  });
  return [...unknown, ...cycles];
}

function credentials(document: Table): readonly Problem[] {
  const known = names(document, "git_credentials");
  const users: readonly KeyPath[] = [["admin", "config"], ...tables(document, "agent_templates")];
  const variables = new Map<string, string>();
  const own = known.flatMap((name): readonly Problem[] => {
    const path = ["git_credentials", name];
    const variable = credentialVariable(name);
    const twin = variables.get(variable);
    variables.set(variable, twin ?? name);
    const clash =
      twin === undefined ? [] : [{ path, message: `its variable ${variable} is also that of ${JSON.stringify(twin)}` }];
    const entry = valueAt(document, path);
    const orgless = isTable(entry) && entry.type === "azdo" && entry.org === undefined;
    return orgless ? [...clash, { path: [...path, "org"], message: 'is required for type "azdo"' }] : clash;
  });
  return [
    ...own,
    ...users.flatMap((path) => unknownNames(document, [...path, "git_credentials"], "git credential", known)),
  ];
}

function secrets(document: Table): readonly Problem[] {
  const known = names(document, "secrets");
  const both = tables(document, "secrets").flatMap((path) => exclusive(document, path, ["env", "command"]));
  const holders: readonly KeyPath[] = [
    ["admin", "config"],
    ...TEMPLATES.flatMap((section) => tables(document, section)),
  ];
  const unknown = holders.flatMap((holder) => {
    const variables = valueAt(document, [...holder, "env"]);
    if (!isTable(variables)) return [];
    return Object.keys(variables).flatMap((variable) =>
      unknownName(document, [...holder, "env", variable, "secret"], "secret", known),
    );
  });
  return [...both, ...unknown];
}

function installers(document: Table): readonly Problem[] {
  const paths = [...tables(document, "system_install_commands"), ...tables(document, "user_install_commands")];
  return paths.flatMap((path) => exclusive(document, path, ["test_exec", "test_file", "test_dir"]));
}

function catalogNames(document: Table, catalog: KnownCatalog): readonly Problem[] {
  const vms = tables(document, "vm_templates");
  const users: readonly KeyPath[] = [["admin", "config"], ...tables(document, "agent_templates")];
  const check = (holders: readonly KeyPath[], key: string, kind: string, builtIn: Iterable<string>) => {
    const known = [...builtIn, ...names(document, key)];
    return holders.flatMap((holder) => unknownNames(document, [...holder, key], kind, known));
  };
  return [
    ...check(vms, "apt_packages", "package set", catalog.aptPackages),
    ...check(vms, "system_install_commands", "system installer", catalog.systemInstallCommands),
    ...check(users, "user_install_commands", "user installer", catalog.userInstallCommands),
    ...check(tables(document, "apt_packages"), "apt_sources", "package source", catalog.aptSources),
  ];
}

function exclusive(document: Table, path: KeyPath, keys: readonly string[]): readonly Problem[] {
  const given = keys.filter((key) => valueAt(document, [...path, key]) !== undefined);
  const [first, second] = given;
  if (first === undefined || second === undefined) return [];
  return [{ path: [...path, second], message: `cannot stand beside ${first}` }];
}

function unknownNames(document: Table, path: KeyPath, kind: string, known: readonly string[]): readonly Problem[] {
  const list = valueAt(document, path);
  return Array.isArray(list) ? list.flatMap((_, index) => unknownName(document, [...path, index], kind, known)) : [];
}

function unknownName(document: Table, path: KeyPath, kind: string, known: readonly string[]): readonly Problem[] {
  const name = valueAt(document, path);
  if (typeof name !== "string" || name === "" || known.includes(name)) return [];
  return [{ path, message: `unknown ${kind} ${JSON.stringify(name)}${didYouMean(name, known)}` }];
}

function names(document: Table, section: string): readonly string[] {
  const value = document[section];
  return isTable(value) ? Object.keys(value) : [];
}

function tables(document: Table, section: string): readonly (readonly [string, string])[] {
  return names(document, section).map((name) => [section, name] as const);
}
