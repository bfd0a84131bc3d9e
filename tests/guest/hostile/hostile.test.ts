import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "smol-toml";
import type { Transport } from "../../../providers/transport.ts";
import { prepare } from "../../../steps/session/index.ts";
import type { Step } from "../../../steps/step.ts";
import { clone } from "../../../steps/workspace/index.ts";
import { applySteps, rootTransport } from "../apply.ts";
import { at, type Operator, operatorOf } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import git from "./git.sh" with { type: "text" };
import recorder from "./recorder.sh" with { type: "text" };
import { BRANCH, DIRECTORY, FOR_COMMENTS, FOR_ENVIRONMENTS, parts, publicKey, STRINGS } from "./strings.ts";

/**
 * Hostile strings through every text that reaches a machine: from argv or configuration, over ssh, read back there by programs that
 * are not ours. The operator's own files, the workspaces and the repository are in directories that are named so, too.
 */
setDefaultTimeout(120_000);
const root = `/srv/${DIRECTORY}/root`;
const comments = FOR_COMMENTS.slice(0, 100).map(publicKey);
const [ofMachine = [], ofUser = [], ofSession = []] = parts(
  FOR_ENVIRONMENTS.map((text, index) => [`V${index}`, text] as const),
  Math.ceil(FOR_ENVIRONMENTS.length / 3),
);
const variables = Object.fromEntries([...ofMachine, ...ofUser, ...ofSession]);
const commands = STRINGS.filter((text) => text !== "" && !text.includes("{{")).slice(100, 106);

let guest: Guest;
let operator: Operator;
let transport: Transport;

beforeAll(async () => {
  guest = await bootGuest();
  const plain = await operatorOf(guest);
  const home = join(dirname(plain.home), DIRECTORY);
  operator = plain.with({ AGENTWORKS_HOME: home });
  await mkdir(home, { mode: 0o700 });
  await copyFile(guest.privateKeyPath, join(home, "id"));
  await copyFile(guest.publicKeyPath, join(home, "id.pub"));
  await writeFile(join(home, "extra.pub"), `${comments.join("\n")}\n`);
  await writeFile(join(home, "ssh_config"), "");
  await writeFile(join(home, "config.toml"), stringify(configuration()));
  const knownHostsPath = join(guest.directory, "known_hosts.alias");
  await writeFile(knownHostsPath, guest.hostKeyLine.replace(/^\S+/, "guest").concat("\n"));
  transport = rootTransport({ ...guest, knownHostsPath });
  await put("/usr/local/bin/recorder", recorder);
  await operator.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
  await operator.ok(["workspace", "create", "site"]);
  await operator.ok(["agent", "create", "claude"]);
}, 300_000);
afterAll(async () => {
  await rm(dirname(operator?.env.AGENTWORKS_HOME ?? ""), { recursive: true, force: true });
  await guest?.dispose();
});

function configuration() {
  const keys = { ssh_public_key: "id.pub", ssh_private_key: "id", ssh_config: "ssh_config" };
  const templates = commands.map((command, index) => [`t${index}`, { command }] as const);
  return {
    operator: { ...keys, extra_ssh_public_keys: ["extra.pub"] },
    paths: { vm_workspaces: root },
    admin: { config: { shell: "bash", env: Object.fromEntries(ofUser) } },
    vm_templates: { default: { env: Object.fromEntries(ofMachine) } },
    agent_templates: {
      default: { shell: "/usr/local/bin/recorder", env: Object.fromEntries(ofUser) },
      unusual: { shell: `/srv/${DIRECTORY}` },
    },
    session_templates: { default: { env: Object.fromEntries(ofSession) }, ...Object.fromEntries(templates) },
  };
}

async function on(script: string): Promise<string> {
  const { code, stdout, stderr } = await guest.bash(script);
  if (code !== 0) throw new Error(`${script}\nended with ${code}: ${stderr}`);
  return stdout;
}

async function put(path: string, content: string): Promise<void> {
  await guest.exec(["install", "-D", "-m", "755", "/dev/stdin", path], { stdin: content });
}

const words = (text: string): readonly string[] => text.split("\0").slice(0, -1);

/** Runs steps as the product does; all of them must change something. */
async function apply(steps: readonly Step[]): Promise<void> {
  const { outcome, results, log } = await applySteps(transport, steps);
  if (outcome !== "complete") throw new Error(log);
  expect(Object.values(results)).toEqual(steps.map(() => "changed"));
}

test("a thousand arguments of vm exec arrive as they are", async () => {
  for (const strings of parts(STRINGS, 200)) {
    const printed = await operator.ok(["vm", "exec", "dev", "--", "/usr/bin/printf", "%s\\0", ...strings]);
    expect(words(printed)).toEqual([...strings]);
  }
});

test("the comments of public keys are in every list of keys, line by line", async () => {
  for (const file of ["/home/agentworks/.ssh/authorized_keys", "/etc/agentworks/authorized_keys/agt-claude"]) {
    expect((await on(`cat ${file}`)).split("\n").slice(2, -1)).toEqual(comments);
  }
});

test("variables of machine, agent and session arrive in the agent's session, which starts in its workspace", async () => {
  const given = ["--agent", "claude", "--command", commands[0] ?? ""];
  await operator.ok(["session", "create", "first", ...given]);
  const environment = new Map(
    words(await on("cat /home/agt-claude/environ")).map((line) => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)] as const;
    }),
  );
  expect(Object.fromEntries(Object.keys(variables).map((name) => [name, environment.get(name)]))).toEqual(variables);
  expect(await on("cat /home/agt-claude/directory")).toBe(`${root}/site`);
});

test("variables arrive in the admin's session", async () => {
  const command = "cat /proc/self/environ >~/environ; sleep 600";
  await operator.ok(["session", "create", "second", "--admin", "--command", command]);
  const lines = new Set(words(await on("cat /home/agentworks/environ")));
  expect(Object.entries(variables).filter(([name, text]) => !lines.has(`${name}=${text}`))).toEqual([]);
});

test("commands reach the shell as one word: typed, of a template, and many at once", async () => {
  await on("rm -f /home/agt-claude/arguments");
  for (const [index, command] of commands.entries()) {
    const how = index % 2 === 0 ? ["--command", command] : ["--template", `t${index}`];
    await operator.ok(["session", "create", `c${index}`, "--agent", "claude", ...how]);
    expect(await operator.json<object>(["session", "describe", `c${index}`])).toMatchObject({ command });
  }
  expect(words(await on("cat /home/agt-claude/arguments"))).toEqual(commands.flatMap((command) => ["-lic", command]));

  const many = STRINGS.filter((text) => text !== "").slice(0, 50);
  const installation = "0".repeat(32);
  await apply(
    many.map((command, index) =>
      prepare({
        ...{ name: `p${index}`, linuxUser: "agt-claude", workspacePath: "/", confined: true, environment: {} },
        ...{ command, historyLimit: 1000, installation, record: JSON.stringify({ installation, command }) },
      }),
    ),
  );
  await on(`
    touch /home/agt-claude/at-once; rm /home/agt-claude/arguments
    for i in {0..49}; do
      install -d -o agt-claude /run/agentworks/sessions/p$i
      runuser -u agt-claude -- env HOME=/home/agt-claude SHELL=/usr/local/bin/recorder /etc/agentworks/bin/session-run p$i
    done
    rm -r /var/lib/agentworks/{sessions,sessions.d}/p[0-9]* /etc/systemd/system/agentworks-session-p[0-9]*`);
  expect(words(await on("cat /home/agt-claude/arguments"))).toEqual(many.flatMap((command) => ["-lic", command]));
});

test("repository and branch reach git as words of their own", async () => {
  await put("/home/ws-site/.local/bin/git", git);
  const many = STRINGS.filter((text) => text !== "").slice(200, 250);
  const steps = many.map((repo, index) => {
    const branch = many[(index + 1) % many.length] ?? "";
    return clone({ name: `n${index}`, linuxUser: "ws-site", path: `/home/ws-site/n${index}`, repo, branch });
  });
  await apply(steps);
  const clones = words(await on("cat /home/ws-site/clones"))
    .join("\0")
    .split("clone\0--no-checkout\0--config\0core.sharedRepository=group\0");
  expect(clones.slice(1).map((line) => line.split("\0").slice(0, 3))).toEqual(
    many.map((repo, index) => [`--branch=${many[(index + 1) % many.length]}`, "--", repo]),
  );
  await on("rm -r /home/ws-site/.local");
});

test("a repository and a branch with such names are cloned, and named as they were typed", async () => {
  const repo = `/srv/${DIRECTORY}/project`;
  await guest.exec([
    "bash",
    "-euc",
    `
    git config --system safe.directory '*'
    git init -q -b main -- "$0"; cd -- "$0"; git config user.email t@example.org; git config user.name t
    git commit -q --allow-empty -m first; git checkout -q -b "$1"; echo here >here; git add here; git commit -q -m second`,
    ...[repo, BRANCH],
  ]);
  await operator.ok(["workspace", "create", "cloned", "--repo", repo, "--branch", BRANCH]);
  const { stdout } = await guest.exec([
    "bash",
    "-euc",
    `
    cd -- "$0"; cat here; git remote get-url origin; git branch --show-current`,
    `${root}/cloned`,
  ]);
  expect(stdout).toBe(`here\n${repo}\n${BRANCH}\n`);
  const { workspace } = await operator.json<{ workspace: object }>(["workspace", "describe", "cloned"]);
  expect(workspace).toMatchObject({ repo, branch: BRANCH, path: `${root}/cloned` });
});

test("a shell with such a name is a shell when it is one, and refused when it is not", async () => {
  const refused = await operator.run(["agent", "create", "odd", "--template", "unusual"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("is not installed on this machine");
  expect((await guest.exec(["id", "agt-odd"])).code).toBe(1);
});

test("everything goes as it came, and nothing of all that was run", async () => {
  await operator.ok(["workspace", "delete", "site", "--force", "--yes"]);
  await operator.ok(["workspace", "delete", "cloned", "--yes"]);
  await operator.ok(["agent", "delete", "claude", "--force", "--yes"]);
  expect((await guest.exec(["ls", "-A", "--", root])).stdout).toBe("");
  expect(await on("find / -xdev -name owned -o -name 'x' -path '/tmp/*'")).toBe("");
  expect(existsSync("/tmp/owned")).toBe(false);
});
