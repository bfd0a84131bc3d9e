import type { z } from "zod";
import type { CamelKeys } from "./camel.ts";
import { section, table } from "./fields.ts";
import * as sections from "./sections.ts";
import * as templates from "./templates.ts";

/** config.toml as it is written, every section and key. Unknown keys are refused. */
export const configFile = section({
  operator: sections.operator,
  paths: sections.paths.prefault({}),
  defaults: sections.defaults.prefault({}),
  vm_templates: templates.templatesOf(templates.vmTemplate),
  admin: section({ config: templates.adminConfig.prefault({}) }).prefault({}),
  agent_templates: templates.templatesOf(templates.agentTemplate),
  workspace_templates: templates.templatesOf(templates.workspaceTemplate),
  session: section({ config: sections.sessionConfig.prefault({}) }).prefault({}),
  session_templates: templates.templatesOf(templates.sessionTemplate),
  git_credentials: table(sections.gitCredential).default({}),
  secrets: table(sections.secret).default({}),
  azure: sections.azure.optional(),
  proxmox: sections.proxmox.optional(),
  qemu: sections.qemu.prefault({}),
  tailscale: sections.tailscale.prefault({}),
  catalog: sections.catalog.prefault({}),
  ...sections.catalogSections,
});

type Resolved<S extends z.ZodType<object>> = CamelKeys<z.output<S>>;
type Template<S extends z.ZodType<object>> = Resolved<S> & { readonly name: string };

export type Platform = (typeof sections.PLATFORMS)[number];
export type Network = (typeof templates.NETWORKS)[number];
/** Variables as configured: text, or the name of a secret. */
export type Environment = Readonly<Record<string, string | { readonly secret: string }>>;

export type Operator = Resolved<typeof sections.operator>;
export type VmTemplate = Template<typeof templates.vmTemplate>;
export type AdminConfig = Resolved<typeof templates.adminConfig>;
export type AgentTemplate = Template<typeof templates.agentTemplate>;
export type WorkspaceTemplate = Template<typeof templates.workspaceTemplate>;
export type SessionTemplate = Template<typeof templates.sessionTemplate>;
export type GitCredential = Resolved<typeof sections.gitCredential> & {
  readonly name: string;
  readonly envName: string;
};
export type SecretSource = Resolved<typeof sections.secret> & { readonly name: string };
export type AptSource = Resolved<typeof sections.aptSource>;
export type AptPackageSet = Resolved<typeof sections.aptPackageSet>;
export type Installer = Resolved<typeof sections.installer>;

/** What a template of each kind is. */
export interface TemplateKinds {
  readonly vm: VmTemplate;
  readonly agent: AgentTemplate;
  readonly workspace: WorkspaceTemplate;
  readonly session: SessionTemplate;
}

/** The templates of each kind, inheritance resolved. `default` is always there. */
export type Templates = { readonly [Kind in keyof TemplateKinds]: ReadonlyMap<string, TemplateKinds[Kind]> };

/** What the operator adds to the catalog; an entry replaces the built-in one of the same name. */
export interface CatalogConfig {
  readonly allowUnverified: boolean;
  readonly aptSources: ReadonlyMap<string, AptSource>;
  readonly aptPackages: ReadonlyMap<string, AptPackageSet>;
  readonly systemInstallCommands: ReadonlyMap<string, Installer>;
  readonly userInstallCommands: ReadonlyMap<string, Installer>;
}

/** The configuration as the product uses it: valid, complete, local paths absolute. */
export interface Config {
  /** The file it came from. */
  readonly file: string;
  readonly operator: Operator;
  readonly paths: { readonly vmWorkspaces: string; readonly vscodeWorkspaces: string; readonly backups: string };
  readonly defaults: Resolved<typeof sections.defaults>;
  readonly templates: Templates;
  readonly adminConfig: AdminConfig;
  readonly sessionConfig: Resolved<typeof sections.sessionConfig>;
  readonly gitCredentials: ReadonlyMap<string, GitCredential>;
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly catalog: CatalogConfig;
  readonly azure: Resolved<typeof sections.azure> | undefined;
  readonly proxmox: Resolved<typeof sections.proxmox> | undefined;
  readonly qemu: Resolved<typeof sections.qemu>;
  readonly tailscale: Resolved<typeof sections.tailscale>;
}
