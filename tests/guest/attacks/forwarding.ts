import { expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run, SOCKET, type Target } from "./target.ts";

const DROP_IN = "/etc/ssh/sshd_config.d/00-agentworks.conf";
/** The port of the machine at which the operator's ssh configuration offers a server of the operator's. */
const PORT = 4700;
const WON = /^ssh agent: |^SSH_AUTH_SOCK=|^DISPLAY=|^SECRET=|reached the operator/m;
const WON_AT_HOME = /a command ran beside ours|a connection is shared/;

/** The operator's ssh configuration forwards everything there is; the operator attaches to mallory's session. */
export function testForwarding(target: () => Target): void {
  test("fails: what the operator's ssh configuration forwards to a session", async () => {
    const said = await lookWhileAttached(target(), false);
    expect(said).not.toMatch(WON);
    expect(said).not.toMatch(WON_AT_HOME);
  });

  test("wins on a weakened machine and with a weakened client, and on neither alone", async () => {
    expect(await lookWhileAttached(target(), true)).not.toMatch(WON);
    await target().root(`
      sed -i.kept 's/^  AllowAgentForwarding no/  AllowAgentForwarding yes/; s/^  AllowTcpForwarding local/  AllowTcpForwarding yes/
        s/^  AcceptEnv .*/  AcceptEnv */' ${DROP_IN}; systemctl reload ssh; sleep 0.5`);
    expect(await lookWhileAttached(target(), false)).not.toMatch(/^ssh agent: |reached the operator/m);
    const said = await lookWhileAttached(target(), true);
    expect(said).toMatch(/^ssh agent: .*agentworks-test/m);
    expect(said).toMatch(/^SECRET=of the operator$/m);
    expect(said).toMatch(/reached the operator/);
    expect(said).toMatch(WON_AT_HOME);
    await target().root(`mv ${DROP_IN}.kept ${DROP_IN}; systemctl reload ssh; sleep 0.5`);
  }, 60_000);
}

/** What mallory finds while the operator is attached; whether the client has lost our options. */
async function lookWhileAttached(target: Target, weakClient: boolean): Promise<string> {
  const { guest, home } = target;
  const server = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: { open: (socket) => void socket.end("reached the operator\n"), data: () => undefined },
  });
  await writeFile(join(home, "ssh_config"), forwardsEverything(home, server.port));
  const agent = join(home, "agent");
  const serving = Bun.spawn(["ssh-agent", "-D", "-a", agent], { stdout: "ignore" });
  while (!existsSync(agent)) await Bun.sleep(10);
  const env = { SSH_AUTH_SOCK: agent, SECRET: "of the operator", DISPLAY: ":0" };
  await run(["ssh-add", "-q", guest.privateKeyPath], { env: { ...process.env, ...env } });
  try {
    const path = weakClient ? { PATH: `${await weakSsh(home)}:${process.env.PATH}` } : {};
    const attached = target.onTerminal(10, ["session", "attach", "own"], { ...env, ...path });
    const looking = target.as("agt-mallory", LOOK);
    const shared = await appears(join(home, "master"), looking);
    const said = await looking;
    expect(said).toContain("the operator is attached");
    await attached;
    return `${said}${shared ? "a connection is shared" : ""}${existsSync(join(home, "ran")) ? "a command ran beside ours" : ""}`;
  } finally {
    serving.kill();
    await serving.exited;
    server.stop(true);
    await run(["rm", "-f", agent, join(home, "ran"), join(home, "ssh_config")]);
  }
}

/** Whether a file is seen before something has ended. */
async function appears(file: string, until: Promise<unknown>): Promise<boolean> {
  let ended = false;
  void until.then(() => {
    ended = true;
  });
  while (!ended && !existsSync(file)) await Bun.sleep(20);
  return existsSync(file);
}

const LOOK = `
for ((tries = 0; tries < 60; tries++)); do ! pgrep -u $UID -f "tmux.*attach-session" >/dev/null || break; sleep 0.1; done
sleep 0.3; pgrep -u $UID -f "tmux.*attach-session" >/dev/null && echo the operator is attached
for pid in $(pgrep -u $UID); do tr '\\0' '\\n' </proc/$pid/environ; done 2>/dev/null | grep -aE '^(SSH_AUTH_SOCK|SECRET|DISPLAY)=' | sort -u
for socket in /tmp/ssh-*/agent.*; do SSH_AUTH_SOCK=$socket ssh-add -l 2>/dev/null | sed 's/^/ssh agent: /'; done
timeout 1 cat </dev/tcp/127.0.0.1/${PORT}
tmux -S ${SOCKET} detach-client -s =own`;

const forwardsEverything = (home: string, port: number) => `
Host *
  ForwardAgent yes
  ForwardX11 yes
  ForwardX11Trusted yes
  ControlMaster auto
  ControlPath ${join(home, "master")}
  RemoteForward ${PORT} 127.0.0.1:${port}
  LocalForward 127.0.0.1:47001 127.0.0.1:22
  SendEnv *
  PermitLocalCommand yes
  LocalCommand touch ${join(home, "ran")}
`;

/** An ssh that does not hear of the options that keep the operator's configuration out. */
async function weakSsh(home: string): Promise<string> {
  const directory = join(home, "weak");
  await mkdir(directory, { recursive: true });
  await writeFile(
    join(directory, "ssh"),
    `#!/bin/bash
shopt -s extglob
words=()
while (($#)); do
  case "$1 \${2-}" in
    '-o '@(ForwardAgent|ForwardX11|ClearAllForwardings|PermitLocalCommand|ControlMaster|ControlPath)=*) shift 2 ;;
    *) words+=("$1") && shift ;;
  esac
done
exec /usr/bin/ssh "\${words[@]}"
`,
  );
  await chmod(join(directory, "ssh"), 0o755);
  return directory;
}
