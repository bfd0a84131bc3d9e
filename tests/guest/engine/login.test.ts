import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { exec } from "../../../providers/exec.ts";
import { sshArgv } from "../../../providers/ssh/options.ts";
import { run, toy } from "../../unit/engine/sandbox.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { scratch, settingsFor, transportTo } from "./lab.ts";

setDefaultTimeout(180_000);
const files = scratch();
let guest: Guest;
beforeAll(async () => {
  guest = await bootGuest();
}, 300_000);
afterAll(async () => {
  await guest?.dispose();
  files.dispose();
});

test("30 logins at once all get through, past sshd's MaxStartups", async () => {
  await guest.bash("echo 'MaxStartups 3:50:10' >/etc/ssh/sshd_config.d/few.conf; systemctl reload ssh");
  const mark = await guest.mark();
  const told = await Promise.all(
    Array.from({ length: 30 }, () => run(transportTo({ guest }), [toy({ apply: ["echo in"] })], { loginMs: 60_000 })),
  );
  expect(told.map(({ outcome }) => outcome)).toEqual(Array(30).fill("complete"));
  const dropped = (await guest.sshdLog(mark)).filter((line) => /MaxStartups|drop connection/.test(line));
  expect(dropped.length).toBeGreaterThan(0);
  await guest.bash("rm /etc/ssh/sshd_config.d/few.conf; systemctl reload ssh");
  await guest.ready();
});

test("a key that is refused and a host that is not there are told at once, with what helps", async () => {
  const other = Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(files.directory, "other")]);
  expect(other.exitCode).toBe(0);
  const stranger = { ...guest, privateKeyPath: join(files.directory, "other") };
  const refused = await run(transportTo({ guest: stranger }), [toy({ apply: [":"] })], { loginMs: 20_000 });
  expect(refused.end).toMatchObject({
    kind: "unreachable",
    sent: false,
    message: expect.stringContaining("the login was refused"),
  });
  const closed = await run(transportTo({ guest, port: 1 }), [toy({ apply: [":"] })], { loginMs: 20_000 });
  expect(closed.end).toMatchObject({
    kind: "unreachable",
    sent: false,
    message: expect.stringContaining("cannot be reached"),
  });
  const known = files.write("known_hosts", `${guest.host} ssh-ed25519 ${"A".repeat(68)}\n`);
  const changed = await run(transportTo({ guest: { ...guest, knownHostsPath: known } }), [toy({ apply: [":"] })]);
  expect(changed.end).toMatchObject({
    kind: "unreachable",
    sent: false,
    message: expect.stringContaining("another host key"),
  });
  expect(Math.max(refused.ms, closed.ms, changed.ms)).toBeLessThan(10_000);
});

/** A configuration that forwards, shares, runs and redirects whatever ssh can. */
const hostileConfig = (marks: string) => `
Host *
  ForwardAgent yes
  ForwardX11 yes
  ForwardX11Trusted yes
  AddKeysToAgent yes
  PermitLocalCommand yes
  LocalCommand touch ${marks}/local-command
  RemoteCommand touch /tmp/remote-command
  RequestTTY force
  ControlMaster auto
  ControlPath ${marks}/control
  ControlPersist yes
  StdinNull yes
  ForkAfterAuthentication yes
  SessionType none
  ClearAllForwardings no
  ExitOnForwardFailure yes
  LocalForward 127.0.0.1:34567 127.0.0.1:22
  RemoteForward 34568 127.0.0.1:22
  DynamicForward 127.0.0.1:34569
  Tunnel yes
  SendEnv *
  SetEnv LC_FORCED=yes
  EscapeChar ~
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  HostKeyAlias something-else
  BatchMode no
  LogLevel DEBUG3
  ServerAliveInterval 0
`;

test("a client configuration that forwards everything changes nothing; its ProxyCommand is honoured", async () => {
  const socket = join(files.directory, "agent");
  const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore", stderr: "ignore" });
  try {
    while (!existsSync(socket)) await Bun.sleep(10);
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, SSH_AUTH_SOCK: socket, DISPLAY: ":7" };
    expect(Bun.spawnSync(["ssh-add", "-q", guest.privateKeyPath], { env }).exitCode).toBe(0);
    const proxied = join(files.directory, "proxy-command");
    const program = files.write(
      "proxy.sh",
      `touch '${proxied}'\nexec 3<>"/dev/tcp/$1/$2"\ncat <&3 &\nexec cat >&3\n`,
      0o700,
    );
    const config = files.write("config", `${hostileConfig(files.directory)}  ProxyCommand bash ${program} %h %p\n`);
    const report = [
      "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -E '^(SSH_AUTH_SOCK|DISPLAY|SSH_TTY)=' || true",
      "find /tmp -name 'agent.*' -o -name remote-command",
      "(: >/dev/tcp/127.0.0.1/34568) 2>/dev/null && echo remote-forward",
      "ls /sys/class/net | grep tun || true",
    ];
    let during = "";
    const told = await run(transportTo({ guest, config, env }), [toy({ apply: ["sleep 1"], report })], {
      onEvent: (event) => {
        if (event.kind === "started") during = Bun.spawnSync(["ss", "-Hltn"]).stdout.toString();
      },
    });
    expect(told).toMatchObject({ outcome: "complete", steps: [{ report: "" }] });
    expect(during).not.toMatch(/:3456[79]\b/);
    expect(existsSync(join(files.directory, "local-command"))).toBe(false);
    expect(existsSync(join(files.directory, "control"))).toBe(false);
    expect(existsSync(proxied)).toBe(true);
    // The control: where the configuration decides, the agent is forwarded.
    const forwarding = files.write("config-control", "Host *\n  ForwardAgent yes\n");
    const ssh = [
      "ssh",
      "-F",
      forwarding,
      "-i",
      guest.privateKeyPath,
      "-o",
      `UserKnownHostsFile=${guest.knownHostsPath}`,
    ];
    const argv = [...ssh, "-T", `root@${guest.host}`, "echo sock=$SSH_AUTH_SOCK"];
    const control = await exec(argv, { env, timeoutMs: 20_000 });
    expect(control.stdout).toContain("sock=/tmp/");
  } finally {
    agent.kill();
  }
});

test("a terminal login, too, forwards nothing", () => {
  const config = files.write("config-terminal", hostileConfig(files.directory));
  const argv = sshArgv(settingsFor({ guest, config }), "terminal");
  const said = Bun.spawnSync([argv[0] ?? "", "-G", ...argv.slice(1)])
    .stdout.toString()
    .split("\n");
  const expected = ["forwardagent no", "forwardx11 no", "permitlocalcommand no", "controlmaster false", "tunnel false"];
  expect(said).toEqual(expect.arrayContaining([...expected, "clearallforwardings yes", "stricthostkeychecking true"]));
  expect(said.filter((line) => /^(local|remote|dynamic)forward |^remotecommand/.test(line))).toEqual([]);
});

test("environment of the operator does not reach a phase", async () => {
  const env = { PATH: process.env.PATH, LC_ALL: "tr_TR.UTF-8", LANG: "de_DE.UTF-8", LC_FORCED: "yes" };
  const told = await run(transportTo({ guest, env }), [toy({ apply: [":"], report: ["env | grep -E '^(LC_|LANG)'"] })]);
  expect(told.steps[0]?.report).toBe("LANG=C.UTF-8\n");
});
