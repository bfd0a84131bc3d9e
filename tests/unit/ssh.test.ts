import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostKeyAlias, writeKnownHosts } from "../../cli/workstation/known-hosts.ts";
import { type SshSettings, sshArgv } from "../../providers/ssh/options.ts";

const directory = mkdtempSync(join(tmpdir(), "agw-ssh-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** An operator's configuration that would hand everything to whoever we log in to. */
const config = join(directory, "config");
writeFileSync(
  config,
  `Host *
  ForwardAgent yes
  ForwardX11 yes
  PermitLocalCommand yes
  LocalCommand touch ${directory}/owned
  ControlMaster auto
  ControlPath ${directory}/control
  LocalForward 127.0.0.1:1 127.0.0.1:1
  StrictHostKeyChecking no
  ServerAliveInterval 0
  RemoteCommand id
`,
);

const settings: SshSettings = {
  destination: { host: "dev.example.org", user: "agentworks", port: 2222 },
  identity: join(directory, "id"),
  knownHosts: join(directory, "known_hosts"),
  alias: hostKeyAlias("dev"),
  config,
};

/** What ssh itself makes of our command line. */
function effective(argv: readonly string[]): ReadonlyMap<string, string> {
  const [program = "", ...words] = argv;
  const { stdout, stderr, exitCode } = Bun.spawnSync([program, "-G", ...words], { env: { PATH: process.env.PATH } });
  if (exitCode !== 0) throw new Error(stderr.toString());
  const lines = stdout.toString().split("\n");
  const said = lines.map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)] as const);
  // Of an option that is there several times the first is what we said.
  return new Map(said.toReversed());
}

for (const kind of ["background", "terminal"] as const) {
  test(`a ${kind} login decides for itself what the operator's configuration must not`, () => {
    const options = effective(sshArgv(settings, kind));
    expect(Object.fromEntries(options)).toMatchObject({
      forwardagent: "no",
      forwardx11: "no",
      permitlocalcommand: "no",
      controlmaster: "false",
      clearallforwardings: "yes",
      stricthostkeychecking: "true",
      identitiesonly: "yes",
    });
    expect([options.get("localforward"), options.get("remotecommand")]).toEqual([undefined, undefined]);
  });

  test(`a ${kind} login notices a connection that fell silent`, () => {
    const options = effective(sshArgv(settings, kind));
    const silent = Number(options.get("serveraliveinterval")) * Number(options.get("serveralivecountmax"));
    expect(silent).toBeGreaterThan(0);
    expect(silent).toBeLessThanOrEqual(60);
    expect(options.get("connecttimeout")).toBe("10");
  });

  test(`the host of a ${kind} login is never an option, and neither is the command behind it`, () => {
    const argv = sshArgv({ ...settings, destination: { host: "-V" } }, kind);
    expect(argv.slice(-2)).toEqual(["--", "-V"]);
    const { stderr } = Bun.spawnSync([...argv, "-V"], { stdin: "ignore", stderr: "pipe" });
    expect(stderr.toString()).not.toStartWith("OpenSSH");
  });
}

test("host keys are looked up under the machine's name in a file of our own, whatever its address is", () => {
  const options = effective(sshArgv(settings, "background"));
  expect(options.get("userknownhostsfile")).toBe(settings.knownHosts);
  expect(options.get("globalknownhostsfile")).toBe("/dev/null");
  expect(options.get("hostkeyalias")).toBe("agentworks-dev");
  expect(options.get("checkhostip")).toBe("no");
});

test("a machine that is forgotten takes its host keys along, and another at its address has its own", () => {
  const old = { name: "old", hostKeys: ["ssh-ed25519 AAAAold"] };
  const dev = { name: "dev", hostKeys: ["ssh-ed25519 AAAA1", "ssh-rsa AAAA2"] };
  writeKnownHosts(settings.knownHosts, [old, dev]);
  writeKnownHosts(settings.knownHosts, [dev]);
  expect(readFileSync(settings.knownHosts, "utf8")).toBe(
    "agentworks-dev ssh-ed25519 AAAA1\nagentworks-dev ssh-rsa AAAA2\n",
  );
});

for (const name of ["with blanks", "it's", 'double "quoted"', "back\\slash", "100%h", "#hash", "é 🦊", "$HOME", "~"]) {
  test(`a directory named ${name} is no trouble to ssh`, () => {
    const odd = {
      ...settings,
      knownHosts: join(directory, name, "known_hosts"),
      identity: join(directory, name, "id"),
    };
    const options = effective(sshArgv(odd, "background"));
    expect(options.get("userknownhostsfile")).toBe(odd.knownHosts);
    // ssh -G shows this one as it is before %% becomes %.
    expect(options.get("identityfile")?.replace("%%", "%")).toBe(odd.identity);
  });
}
