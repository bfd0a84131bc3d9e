import { describe, expect, test } from "bun:test";
import { errorsOf, OPERATOR, refused } from "./fixture.ts";

/** A text from line 2 on, and all that is said about it. */
const cases: Readonly<Record<string, readonly [string, ...string[]]>> = {
  "an unknown key": [
    "[vm_templates.default]\ncpu = 4",
    '3: vm_templates.default.cpu: unknown key, did you mean "cpus"?',
  ],
  "an unknown key like no other": ["[vm_templates.default]\nzzzzzz = 4", "3: vm_templates.default.zzzzzz: unknown key"],
  "an unknown section": [
    "[vm_template.default]\ncpus = 4",
    '2: vm_template: unknown section, did you mean "vm_templates"?',
  ],
  "an unknown key at the top": ["cpus = 4", "2: cpus: unknown key"],
  "an unknown key in an inline table": ['qemu = {\timg = "x" }', '2: qemu.img: unknown key, did you mean "image"?'],
  "a name with a dot": ['[vm_templates."a.b"]\ncpus = 0', '3: vm_templates."a.b".cpus: must be at least 1, not 0'],
  "a quoted boolean": [
    '[admin.config]\nmise_activate = "no"',
    '3: admin.config.mise_activate: must be true or false, without quotes, not "no"',
  ],
  "a quoted number": [
    '[vm_templates.default]\ncpus = "4"',
    '3: vm_templates.default.cpus: must be a whole number, not "4"',
  ],
  "a fraction": ["[vm_templates.default]\ncpus = 1.5", "3: vm_templates.default.cpus: must be a whole number, not 1.5"],
  "no processors": ["[vm_templates.default]\ncpus = 0", "3: vm_templates.default.cpus: must be at least 1, not 0"],
  "negative swap": ["[vm_templates.default]\nswap = -1", "3: vm_templates.default.swap: must be at least 0, not -1"],
  "an infinite limit": [
    "[agent_templates.default]\nmemory = inf",
    "3: agent_templates.default.memory: must be a number, not Infinity",
  ],
  "no history": ["[session.config]\nhistory_limit = 0", "3: session.config.history_limit: must be at least 1, not 0"],
  "text for a list": [
    '[vm_templates.default]\napt = "zsh"',
    '3: vm_templates.default.apt: must be a list in [ ], not "zsh"',
  ],
  "a number in a list": [
    '[vm_templates.default]\napt = [\n  "zsh", # one\n  4,\n]',
    "5: vm_templates.default.apt[1]: must be text in quotes, not 4",
  ],
  "an empty name in a list": [
    '[vm_templates.default]\napt = [""]',
    "3: vm_templates.default.apt[0]: must not be empty",
  ],
  "a value for a section": ["vm_templates = 3", "2: vm_templates: must be a table, not 3"],
  "a list of sections": ["[[vm_templates]]\ncpus = 1", "2: vm_templates: must be a table, not a list"],
  "a date": ["[qemu]\nimage = 1979-05-27", "3: qemu.image: must be text in quotes, not a date"],
  "a mistyped platform": [
    '[defaults]\nplatform = "limaa"',
    '3: defaults.platform: must be one of "lima", "azure", "wsl2", "proxmox", "qemu", "ssh", not "limaa", did you mean "lima"?',
  ],
  "a network": ['[defaults]\nnetwork = "vpn"', '3: defaults.network: must be one of "direct", "tailscale", not "vpn"'],
  "a required key": ['[azure]\nregion = "x"\nresource_group = "y"', "2: azure.subscription_id: is required"],
  "a credential's type": ["[git_credentials.x]", "2: git_credentials.x.type: is required"],
  "an organisation": ['[git_credentials.x]\ntype = "azdo"', '2: git_credentials.x.org: is required for type "azdo"'],
  "credentials with one variable": [
    '[git_credentials.a-b]\ntype = "github"\n[git_credentials.A_b]\ntype = "github"',
    '4: git_credentials.A_b: its variable GIT_CREDENTIALS_A_B is also that of "a-b"',
  ],
  "an unknown credential": [
    '[git_credentials.github]\ntype = "github"\n[admin.config]\ngit_credentials = ["gihtub"]',
    '5: admin.config.git_credentials[0]: unknown git credential "gihtub", did you mean "github"?',
  ],
  "an agent's unknown credential": [
    '[agent_templates.x]\ngit_credentials = ["hub"]',
    '3: agent_templates.x.git_credentials[0]: unknown git credential "hub"',
  ],
  "an unknown parent": [
    '[vm_templates.base]\n[vm_templates.x]\ninherits = ["bsae"]',
    '4: vm_templates.x.inherits[0]: unknown vm template "bsae", did you mean "base"?',
  ],
  "a parent of another kind": [
    '[vm_templates.base]\n[agent_templates.x]\ninherits = ["base"]',
    '4: agent_templates.x.inherits[0]: unknown agent template "base"',
  ],
  "a template that inherits from itself": [
    '[session_templates.default]\ninherits = ["default"]',
    "3: session_templates.default.inherits: inherits from itself",
  ],
  "a longer circle": [
    '[workspace_templates.a]\ninherits = ["b"]\n[workspace_templates.b]\ninherits = ["a"]\n[workspace_templates.c]\ninherits = ["a"]',
    '3: workspace_templates.a.inherits: inherits from itself by way of "b"',
    '5: workspace_templates.b.inherits: inherits from itself by way of "a"',
  ],
  "an unknown secret": [
    '[secrets.token]\n[vm_templates.default.env]\nA = { secret = "tokne" }',
    '4: vm_templates.default.env.A.secret: unknown secret "tokne", did you mean "token"?',
  ],
  "a number as a variable": [
    "[admin.config.env]\nPORT = 8080",
    '3: admin.config.env.PORT: must be text in quotes, or { secret = "name" }, not 8080',
  ],
  "a variable's name": [
    '[admin.config.env]\n"A-B" = "x"',
    '3: admin.config.env.A-B: must be the name of a variable (letters, digits and "_"; no digit first)',
  ],
  "a mistyped secret": [
    '[admin.config.env]\nA = { secrte = "x" }',
    "3: admin.config.env.A.secret: is required",
    '3: admin.config.env.A.secrte: unknown key, did you mean "secret"?',
  ],
  "two sources of a secret": ['[secrets.x]\nenv = "X"\ncommand = "y"', "4: secrets.x.command: cannot stand beside env"],
  "two tests of an installer": [
    '[user_install_commands.x]\ncommand = "y"\ntest_dir = "/z"\ntest_exec = "z"',
    "4: user_install_commands.x.test_dir: cannot stand beside test_exec",
  ],
  "a source file": [
    '[apt_sources.x]\nkey_url = "u"\nkey_path = "/k"\nsource = "deb"\nsource_file = "../x"',
    '6: apt_sources.x.source_file: must be letters, digits, ".", "_" and "-", with a letter or digit first, not "../x"',
  ],
  "a path and a tag": [
    '[paths]\nvm_workspaces = "ws"\n[tailscale]\ntags = ["tag:a\\n"]',
    '3: paths.vm_workspaces: must start with "/", not "ws"',
    '5: tailscale.tags[0]: must be "tag:" and a name, not "tag:a\\n"',
  ],
  "an admin called root": [
    '[admin.config]\nusername = "root"',
    "3: admin.config.username: must not be root: the admin is a user of its own, with sudo",
  ],
  "a NUL": [
    '[session_templates.x]\ncommand = "a\\u0000b"',
    "3: session_templates.x.command: must not contain a NUL character",
  ],
  "an empty name": ['[session_templates.""]', '2: session_templates."": a name must not be empty'],
  __proto__1: ["[vm_templates.__proto__]\ncpus = 64", "2: vm_templates.__proto__: this name cannot be used"],
  __proto__2: ["[__proto__]\npolluted = true", "2: __proto__: this name cannot be used"],
  "the former [dotfiles]": [
    "[dotfiles]",
    "2: dotfiles: was removed: use dotfiles_source, dotfiles_destination and dotfiles_install_cmd in [admin.config] and [agent_templates.*]",
  ],
  "the former [vm.config]": ["[vm.config]\ncpus = 4", "2: vm: was removed: [vm.config] is [vm_templates.default] now"],
  "the former [agent.config]": [
    "[agent.config]",
    "2: agent: was removed: [agent.config] is [agent_templates.default] now",
  ],
  "the former defaults.git_credentials": [
    "[defaults]\ngit_credentials = []",
    "3: defaults.git_credentials: was removed: use git_credentials in [admin.config] and [agent_templates.*]",
  ],
  "the former test": [
    '[system_install_commands.x]\ncommand = "y"\ntest = "z"',
    "4: system_install_commands.x.test: was removed: use test_exec, test_file or test_dir",
  ],
};

describe("one line with file, line and key for", () => {
  for (const [name, [text, ...lines]] of Object.entries(cases)) {
    test(name, () => expect(errorsOf(text)).toEqual(lines.map((line) => `config.toml:${line}`)));
  }
});

test("all errors come at once, in the order of the file", () => {
  const error = refused(`[session_templates.x]
inherits = ["y"]
restrat = "never"
[vm_templates.default]
cpus = "4"
apt = ["a", 2, "", 3]
[admin.config]
git_credentials = ["none"]
`);
  expect(error.message.split("\n")).toEqual([
    "config.toml: operator: is required",
    'config.toml:2: session_templates.x.inherits[0]: unknown session template "y"',
    'config.toml:3: session_templates.x.restrat: unknown key, did you mean "restart"?',
    'config.toml:5: vm_templates.default.cpus: must be a whole number, not "4"',
    "config.toml:6: vm_templates.default.apt[1]: must be text in quotes, not 2",
    "config.toml:6: vm_templates.default.apt[2]: must not be empty",
    "config.toml:6: vm_templates.default.apt[3]: must be text in quotes, not 3",
    'config.toml:8: admin.config.git_credentials[0]: unknown git credential "none"',
  ]);
  expect([error.exitCode, error.next.replace(/ .*\//, " ")]).toEqual([2, "edit config.toml"]);
});

test("nothing is polluted by a key __proto__", () => {
  refused(`${OPERATOR}[__proto__]\npolluted = true\n[vm_templates.default.env.__proto__]\npolluted = "x"\n`);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("names of JavaScript's own are ordinary names", () => {
  const lines = errorsOf('[vm_templates.constructor]\ntoString = 1\ninherits = ["valueOf"]\n[hasOwnProperty]');
  expect(lines).toEqual([
    "config.toml:3: vm_templates.constructor.toString: unknown key",
    'config.toml:4: vm_templates.constructor.inherits[0]: unknown vm template "valueOf"',
    "config.toml:5: hasOwnProperty: unknown section",
  ]);
});

describe("what is not TOML is told with line and column", () => {
  test("an unfinished text", () =>
    expect(errorsOf('a = "x\nb = 1')[0]).toStartWith("config.toml:2:7: not valid TOML: "));
  test("a key twice", () =>
    expect(errorsOf("[qemu]\nimage = 'a'\nimage = 'b'")[0]).toStartWith("config.toml:4:1: not valid TOML: "));
  test("a number too large", () =>
    expect(errorsOf("a = 92233720368547758070")[0]).toStartWith("config.toml:2:5: not valid TOML: "));
});

describe("names of the catalog", () => {
  const text = `${OPERATOR}[vm_templates.x]
apt_packages = ["gh", "own", "dokcer"]
system_install_commands = ["az"]
[agent_templates.x]
user_install_commands = ["cluade"]
[apt_packages.own]
apt_sources = ["gone"]
`;
  const knownCatalog = {
    aptSources: ["hub"],
    aptPackages: ["gh", "docker"],
    systemInstallCommands: ["az-cli"],
    userInstallCommands: ["claude"],
  };

  test("are checked when the catalog is known", () => {
    expect(refused(text, { knownCatalog }).message.split("\n")).toEqual([
      'config.toml:3: vm_templates.x.apt_packages[2]: unknown package set "dokcer", did you mean "docker"?',
      'config.toml:4: vm_templates.x.system_install_commands[0]: unknown system installer "az"',
      'config.toml:6: agent_templates.x.user_install_commands[0]: unknown user installer "cluade", did you mean "claude"?',
      'config.toml:8: apt_packages.own.apt_sources[0]: unknown package source "gone"',
    ]);
  });
});
