import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bootGuest, type Guest, type GuestUser, type Result } from "../harness/guest.ts";

/** What a command of the operator's came to, and how long it took. */
export interface Ran extends Result {
  readonly ms: number;
}

/**
 * A machine as the product makes it, with an agent that attacks (mallory: session `own` in workspace `shared`), one that
 * has something to lose (victim: session `vic` in workspace `private`), and an admin's session (`boss` in `shared`).
 */
export interface Target extends AsyncDisposable {
  readonly guest: Guest;
  /** The operator's home of agentworks. */
  readonly home: string;
  /** A command of the operator's. */
  agw(...words: readonly string[]): Promise<Ran>;
  /** The same in a terminal, which is hung up after some seconds. */
  onTerminal(seconds: number, words: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>;
  /** A script over ssh, as a user of the machine; what it prints, stderr too. */
  as(user: string, script: string): Promise<string>;
  /** A script in a pane of mallory's own session. */
  inSession(script: string): Promise<string>;
  /** A script as root, not over ssh; it must succeed. */
  root(script: string): Promise<string>;
}

export const WORKSPACES = "/opt/agentworks/workspaces";
export const SOCKET = "/run/agentworks/sessions/own/tmux";
/** What the victim runs: a secret among its arguments, on its screen, and in the journal. */
const SECRETIVE = "echo screen-canary; logger journal-canary; exec bash -c 'while :; do sleep 9; done' argument-canary";

/** Boots a guest and makes the machine on it by the product's own commands. */
export async function bootTarget(): Promise<Target> {
  const guest = await bootGuest();
  const home = join(guest.directory, "operator");
  await mkdir(home, { mode: 0o700 });
  await writeFile(join(home, "config.toml"), configuration(guest));
  const target = access(guest, home);
  const host = ["--host", `root@${guest.host}:${guest.port}`, "--host-key", guest.fingerprint];
  await must(target.agw("vm", "create", "dev", ...host, "--yes"));
  await must(target.agw("workspace", "create", "shared"));
  await must(target.agw("workspace", "create", "private"));
  await must(target.agw("agent", "create", "mallory"));
  await must(target.agw("agent", "create", "victim"));
  await must(target.agw("session", "create", "own", "--agent", "mallory", "--workspace", "shared"));
  await must(
    target.agw(
      ...["session", "create", "vic", "--agent", "victim", "--workspace", "private"],
      ...["--template", "victim", "--command", SECRETIVE],
    ),
  );
  await must(target.agw("session", "create", "boss", "--admin", "--workspace", "shared"));
  return target;
}

/** A command of the operator's that has to work. */
export async function must(running: Promise<Ran>): Promise<Ran> {
  const ran = await running;
  if (ran.code !== 0) throw new Error(`exit code ${ran.code}: ${ran.stdout}${ran.stderr}`);
  return ran;
}

const configuration = (guest: Guest) => `
[operator]
ssh_public_key = "${guest.publicKeyPath}"
ssh_private_key = "${guest.privateKeyPath}"
ssh_config = "${join(guest.directory, "operator", "ssh_config")}"

[session_templates.victim]
env = { TOKEN = "environment-canary" }
`;

function access(guest: Guest, home: string): Target {
  const program = [process.execPath, join(import.meta.dir, "..", "..", "..", "cli", "main.ts")];
  const env = { ...process.env, AGENTWORKS_HOME: home, NO_COLOR: "1" };
  const as: Target["as"] = async (user, script) => {
    const { stdout } = await run(guest.sshArgv(user as GuestUser, "exec 2>&1; bash -s"), { stdin: script });
    return stdout;
  };
  const root: Target["root"] = async (script) => {
    const { code, stdout, stderr } = await guest.bash(script);
    if (code !== 0) throw new Error(`exit code ${code}: ${script}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    guest,
    home,
    as,
    root,
    agw: (...words) => run([...program, ...words], { env }),
    onTerminal: (seconds, words, more = {}) => {
      const quoted = [...program, ...words].map((word) => `'${word}'`).join(" ");
      const typescript = ["script", "--quiet", "--return", "--command", quoted, "/dev/null"];
      const argv = ["timeout", "--signal=HUP", "--kill-after=0.3", String(seconds), ...typescript];
      return run(argv, { env: { ...env, ...more } });
    },
    inSession: (script) => as("agt-mallory", inPane(script)),
    [Symbol.asyncDispose]: () => guest.dispose(),
  };
}

/** Mallory's own tmux opens the pane, so the script runs as everything in the session does. */
const inPane = (script: string) => `
rm -rf ~/pane && mkdir ~/pane
echo ${Buffer.from(script).toString("base64")} | base64 -d >~/pane/script
tmux -S ${SOCKET} new-window -d -t =own: 'bash ~/pane/script >~/pane/said 2>&1; touch ~/pane/done'
for ((tries = 0; tries < 200; tries++)); do [[ ! -e ~/pane/done ]] || break; sleep 0.05; done
cat ~/pane/said
tmux -S ${SOCKET} kill-window -t =own:1`;

/** Runs a program on the operator's computer. */
export async function run(
  argv: readonly string[],
  { stdin, env }: { readonly stdin?: string; readonly env?: Readonly<Record<string, string | undefined>> } = {},
): Promise<Ran> {
  const start = performance.now();
  const child = Bun.spawn([...argv], {
    ...{ stdin: stdin === undefined ? "ignore" : new Blob([stdin]), stdout: "pipe", stderr: "pipe" },
    ...(env && { env }),
  });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr, ms: Math.round(performance.now() - start) };
}
