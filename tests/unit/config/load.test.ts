import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { loadConfig } from "../../../cli/config/load.ts";
import { settings } from "../../../cli/config/settings.ts";
import { parseToml, valueAt } from "../../../cli/config/toml.ts";
import { inDirectory, load, OPERATOR, usageError } from "./fixture.ts";

const sample = join(import.meta.dir, "sample-0.3.0.toml");

/** What 0.3.0 did not know. */
const NEW = [
  /^(qemu|tailscale|secrets|catalog)\./,
  /^(defaults|vm_templates\.\*)\.network$/,
  /^vm_templates\.\*\.(image|mise)$/,
  /\.env\.(<name>|\*\.secret)$/,
  /^(vm_templates\.\*|admin\.config|agent_templates\.\*)\.env\./,
  /^agent_templates\.\*\.(memory|cpus|tasks)$/,
  /^session_templates\.\*\.(required_commands\[\]|restart)$/,
  /^git_credentials\.\*\.(token_command|repos\[\])$/,
];

describe("a configuration of 0.3.0", () => {
  const { config, warnings } = loadConfig(sample, { env: { HOME: "/home/me" } });

  test("the sample holds every key that is not new", async () => {
    const parsed = parseToml(await Bun.file(sample).text());
    if (!("document" in parsed)) throw new Error(parsed.problem);
    const missing = settings().filter(({ path }) => !path.endsWith("<name>") && !NEW.some((form) => form.test(path)));
    const unset = missing.filter(({ path }) => !holds(parsed.document, path.replace("[]", "").split(".")));
    expect(unset.map(({ path }) => path)).toEqual([]);
  });

  test("loads unchanged, with paths made absolute", () => {
    expect(config.operator).toEqual({
      sshPublicKey: "/home/me/.ssh/id_ed25519.pub",
      sshPrivateKey: "/home/me/.ssh/id_ed25519",
      sshConfig: "/home/me/.ssh/config",
      sshConfigDir: true,
      sshHostPrefix: "awvm--",
      extraSshPublicKeys: ["/home/me/.ssh/laptop.pub", join(import.meta.dir, "keys/tablet.pub")],
    });
    expect(config.paths.backups).toBe("/home/me/.config/agentworks/backups");
    expect(config.defaults).toEqual({ platform: "lima", vmHost: "tower" });
    expect(config.templates.vm.get("large")).toMatchObject({
      name: "large",
      cpus: 16,
      memory: 64,
      disk: 50,
      apt: ["ripgrep", "fd-find"],
    });
    expect(config.templates.agent.get("reviewer")).toMatchObject({
      miseInstallBefore: "14d",
      misePruneOnReinit: false,
    });
    expect(config.templates.workspace.get("other")?.repo).toBe("https://github.com/me/other.git");
    expect(config.templates.session.get("claude")).toMatchObject({
      command: "claude --dangerously-skip-permissions",
      restartCommand: "claude --continue",
      env: { CLAUDE_CODE_DISABLE_TELEMETRY: "1" },
    });
    expect(config.gitCredentials.get("work")).toMatchObject({
      type: "azdo",
      org: "example",
      envName: "GIT_CREDENTIALS_WORK",
    });
    expect(config.azure?.subscriptionId).toStartWith("00000000");
    expect(config.proxmox).toMatchObject({ templateVmid: 9000, verifySsl: false });
    expect(config.catalog.aptSources.get("docker")?.keyDearmor).toBe(true);
    expect(config.catalog.userInstallCommands.get("tool")?.testDir).toBe("~/.tool");
  });

  test("warns, with its line, of each key that has no effect", () => {
    expect(warnings.map((line) => line.replace(/: has no effect: .*/, ""))).toEqual([
      "sample-0.3.0.toml:30: vm_templates.default.nerf_build_claude_plugin",
      "sample-0.3.0.toml:31: vm_templates.default.skip_nerf_defaults",
      "sample-0.3.0.toml:32: vm_templates.default.nerf_addl_manifests",
      "sample-0.3.0.toml:33: vm_templates.default.nerf_home_dir",
      "sample-0.3.0.toml:54: admin.config.nerf_install_claude_plugin",
      "sample-0.3.0.toml:72: agent_templates.default.nerf_install_claude_plugin",
      "sample-0.3.0.toml:75: agent_templates.default.username",
      "sample-0.3.0.toml:76: agent_templates.default.git_force_safe_directory",
      "sample-0.3.0.toml:83: workspace_templates.default.tmuxinator",
      "sample-0.3.0.toml:118: azure.idle_timeout_hours",
      "sample-0.3.0.toml:126: proxmox.bridge",
    ]);
  });
});

describe("what nobody set", () => {
  const { config, warnings } = load(OPERATOR);

  test("is filled in", () => {
    expect(warnings).toEqual([]);
    expect(config.operator).toMatchObject({
      sshConfig: "/home/me/.ssh/config",
      sshConfigDir: true,
      sshHostPrefix: "awvm--",
    });
    expect(config.paths).toEqual({
      vmWorkspaces: "/opt/agentworks/workspaces",
      vscodeWorkspaces: "/home/me/aw-vscode-workspaces",
      backups: "/home/me/.config/agentworks/backups",
    });
    expect(config.defaults).toEqual({});
    expect(config.templates.vm.get("default")).toMatchObject({
      cpus: 4,
      memory: 8,
      disk: 50,
      swap: 4,
      apt: [],
      mise: true,
      env: {},
    });
    expect(config.adminConfig).toMatchObject({ username: "agentworks", shell: "zsh", gitForceSafeDirectory: true });
    expect(config.templates.agent.get("default")).toMatchObject({ shell: "bash", miseInstallBefore: "7d" });
    expect(config.templates.agent.get("default")).not.toHaveProperty("memory");
    expect(config.templates.workspace.get("default")).not.toHaveProperty("repo");
    expect(config.templates.session.get("default")).toMatchObject({
      command: "",
      description: "Login shell",
      restart: "never",
    });
    expect(config.sessionConfig.historyLimit).toBe(50000);
    expect(config.qemu.image).toBe("auto");
    expect(config.tailscale.tags).toEqual([]);
    expect(config.catalog.allowUnverified).toBe(true);
    expect([config.azure, config.proxmox]).toEqual([undefined, undefined]);
  });

  test("backups follow AGENTWORKS_HOME", () => {
    expect(load(OPERATOR, { env: { HOME: "/home/me", AGENTWORKS_HOME: "/elsewhere" } }).config.paths.backups).toBe(
      "/elsewhere/backups",
    );
  });
});

test("the new keys load", () => {
  const { config } = load(`${OPERATOR}
defaults = { platform = "qemu", network = "tailscale" }
qemu.image = "build"
catalog.allow_unverified = false
tailscale = { auth_key_command = "pass tailscale", login_server = "https://head.example", tags = ["tag:agents"] }
[secrets]
token = { env = "MY_TOKEN" }
pass = { command = "pass show x" }
asked = {}
[vm_templates.default]
network = "direct"
image = "debian"
mise = false
env = { A = "text", B = { secret = "token" } }
[agent_templates.default]
memory = 1.5
cpus = 0.5
tasks = 200
[session_templates.default]
required_commands = ["claude"]
restart = "on-boot"
[git_credentials.hub]
type = "github"
token_command = "gh auth token"
repos = ["me/project"]
`);
  expect(config.defaults).toEqual({ platform: "qemu", network: "tailscale" });
  expect(config.tailscale.tags).toEqual(["tag:agents"]);
  expect(config.catalog.allowUnverified).toBe(false);
  expect(config.secrets.get("token")).toEqual({ name: "token", env: "MY_TOKEN" });
  expect(config.secrets.get("asked")).toEqual({ name: "asked" });
  expect(config.templates.vm.get("default")).toMatchObject({
    network: "direct",
    image: "debian",
    mise: false,
    env: { A: "text", B: { secret: "token" } },
  });
  expect(config.templates.agent.get("default")).toMatchObject({ memory: 1.5, cpus: 0.5, tasks: 200 });
  expect(config.templates.session.get("default")).toMatchObject({ requiredCommands: ["claude"], restart: "on-boot" });
  expect(config.gitCredentials.get("hub")).toMatchObject({ tokenCommand: "gh auth token", repos: ["me/project"] });
});

describe("former names", () => {
  test("[user] is [operator], and errors name what was written", () => {
    const text = '[user]\nssh_public_key = "/a"\nssh_private_key = "/b"\n[paths]\ncode_workspaces = "/c"\n';
    const { config, warnings } = load(text);
    expect([config.operator.sshPublicKey, config.paths.vscodeWorkspaces]).toEqual(["/a", "/c"]);
    expect(warnings).toEqual([
      "config.toml:1: user: is called operator now",
      "config.toml:5: paths.code_workspaces: is called vscode_workspaces now",
    ]);
    expect(usageError(() => load(text.replace('"/b"', "3"))).message).toBe(
      "config.toml:3: user.ssh_private_key: must be text in quotes, not 3",
    );
  });

  test("the present name wins", () => {
    const { config, warnings } = load(`${OPERATOR}[user]\nssh_public_key = "/other"\n`);
    expect(config.operator.sshPublicKey).toBe("/home/me/.ssh/id.pub");
    expect(warnings).toEqual(["config.toml:2: user: is ignored beside operator"]);
  });
});

describe("a file that cannot be read", () => {
  test("is not there", () => {
    const error = usageError(() => loadConfig("/nowhere/config.toml", { env: {} }));
    expect(error.message).toBe("there is no configuration at /nowhere/config.toml");
    const line = error.next.split("with your keys: ")[1] ?? "";
    expect(load(line).config.operator.sshPublicKey).toBe("/home/me/.ssh/id_ed25519.pub");
  });

  test("is a directory", () => {
    inDirectory((directory) => {
      expect(usageError(() => loadConfig(directory, { env: {} })).message).toBe(
        `${directory} is a directory, not a configuration`,
      );
    });
  });

  test("is not text", () => {
    expect(usageError(() => load(Uint8Array.of(0x61, 0xff, 0xfe))).message).toEndWith("config.toml is not UTF-8 text");
  });

  test("a byte order mark and Windows line ends are no trouble", () => {
    expect(load(`\uFEFF${OPERATOR}[defaults]\r\nvm_host = "x"\r\n`).config.defaults.vmHost).toBe("x");
  });
});

/** Whether a document has a value at a path in which `*` is any key. */
function holds(value: unknown, path: readonly string[]): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return value !== undefined;
  if (typeof value !== "object" || value === null) return false;
  const keys = key === "*" ? Object.keys(value) : [key];
  return keys.some((name) => holds(valueAt(value, [name]), rest));
}
