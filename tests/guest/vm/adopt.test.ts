import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { at, type Operator } from "../cli.ts";
import { bootGuest, carolPassword, type Guest } from "../harness/guest.ts";
import { difference, on } from "../machine/lab.ts";
import { lastResults, operatorWithBash, statusOf, sweep } from "./lab.ts";

let guest: Guest;
let operator: Operator;
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorWithBash(guest);
}, 300_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

const PURGE = ["vm", "delete", "dev", "--purge", "--yes"];

/** Another operator of the same guest, for as long as a test takes. */
const another = async (options: Parameters<typeof operatorWithBash>[1]) => await operatorWithBash(guest, options);

describe("who lets us in", () => {
  afterEach(async () => {
    if (statusOf(operator) !== undefined) await operator.ok([...PURGE, "--host", `root@${guest.host}`]);
  }, 30_000);

  test("a user whose sudo asks nothing", async () => {
    const mark = await guest.mark();
    await operator.ok(["vm", "create", "dev", ...at(guest, "owner"), "--yes", "--non-interactive"]);
    expect(await guest.acceptedLogins(mark)).toBe(2);
    expect(statusOf(operator)).toBe("complete complete");
  }, 30_000);

  test("a user whose sudo asks for a password: it is asked once, and again for the purge", async () => {
    const before = await sweep(guest);
    const argv = ["vm", "create", "dev", ...at(guest, "carol"), "--yes"];
    const talk = [["sudo password of carol", `${carolPassword}\r`]] as const;
    const created = await operator.onTerminal(argv, talk);
    expect(created).toMatchObject({ code: 0, unsent: 0 });
    expect(created.shown).toContain("VM 'dev' is ready.");
    expect(created.shown).not.toContain(carolPassword);
    const log = await operator.ok(["vm", "logs", "dev"]);
    expect(log).not.toContain(carolPassword);
    expect(await on(guest, "ps -eo args; grep -r '' /run/agentworks /var/lib/agentworks")).not.toContain(carolPassword);
    const purged = await operator.onTerminal(PURGE, talk);
    expect(purged).toMatchObject({ code: 0, unsent: 0 });
    // Our directory in /run stays, and the mark that Debian's sudo leaves of a first use.
    const ours = (line: string) => /^\/run\/agentworks |sudo_as_admin_successful/.test(line);
    const { gone, new: made } = difference(before, await sweep(guest));
    expect({ gone, made: made.filter((line) => !ours(line)) }).toEqual({ gone: [], made: [] });
  }, 60_000);

  test("a wrong password, and a user without sudo, get nowhere", async () => {
    for (const user of ["carol", "plain"] as const) {
      const argv = ["vm", "create", "dev", ...at(guest, user), "--yes"];
      const { code, shown } = await operator.onTerminal(argv, [["sudo password of", "wrong-password\r"]]);
      expect({ user, code, shown }).toEqual({
        user,
        code: 1,
        shown: expect.stringMatching(/Error:.* (sudo refused the password|this user may not use sudo)/),
      });
      expect(statusOf(operator)).toBeUndefined();
    }
  }, 30_000);

  test("whoever declines has changed nothing", async () => {
    const before = await sweep(guest);
    const { code, shown } = await operator.onTerminal(["vm", "create", "dev", ...at(guest)], [["Go on?", "\r"]]);
    expect({ code, shown }).toEqual({ code: 130, shown: expect.stringContaining("Cancelled.") });
    const left = await operator.onTerminal(["vm", "create", "dev", ...at(guest)], [["Go on?", "\x03"]]);
    expect(left.code).toBe(130);
    expect(statusOf(operator)).toBeUndefined();
    expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
  }, 30_000);
});

describe("the operator's own ssh", () => {
  test("known_hosts vouches for the machine; its key is pinned, and a change is refused until it is said", async () => {
    await using knowing = await another({});
    await writeFile(join(knowing.home, "own_known_hosts"), `${guest.hostKeyLine}\n`);
    const [, host] = at(guest);
    await knowing.ok(["vm", "create", "dev", "--host", host ?? "", "--yes", "--non-interactive"]);
    const [, type, key] = guest.hostKeyLine.split(" ");
    expect(await readFile(join(knowing.home, "known_hosts"), "utf8")).toContain(`agentworks-dev ${type} ${key}\n`);
    await on(
      guest,
      "cp -p /etc/ssh/ssh_host_ed25519_key{,.pub} /root; rm /etc/ssh/ssh_host_ed25519_key*; ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key",
    );
    expect(await knowing.run(["vm", "reinit", "dev"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("another host key"),
    });
    const fresh = (await on(guest, "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2")).trim();
    expect(await knowing.run(["vm", "reinit", "dev", "--host-key", fresh])).toMatchObject({ code: 0 });
    await on(guest, "mv /root/ssh_host_ed25519_key{,.pub} /etc/ssh");
    await knowing.ok(["vm", "reinit", "dev", "--host-key", guest.fingerprint]);
    await knowing.ok(PURGE);
  }, 60_000);

  test("an alias, with a jump host, its user and its key", async () => {
    const sshConfig = `
Host jump
  HostName ${guest.host}
  User owner
  IdentityFile ${guest.privateKeyPath}
  IdentitiesOnly yes
  UserKnownHostsFile ${guest.knownHostsPath}
Host far
  HostName 127.0.0.1
  User root
  ProxyJump jump
  ForwardAgent yes
  LocalCommand touch ${guest.directory}/owned
  PermitLocalCommand yes`;
    await using jumping = await another({ sshConfig });
    const mark = await guest.mark();
    await jumping.ok([
      "vm",
      "create",
      "dev",
      "--host",
      "far",
      "--host-key",
      guest.fingerprint,
      "--yes",
      "--non-interactive",
    ]);
    const accepted = (await guest.sshdLog(mark)).filter((line) => line.startsWith("Accepted publickey"));
    // The look at the host key takes the jump, too, and offers nothing at its end.
    expect(accepted.map((line) => line.split(" ")[3])).toEqual(["owner", "owner", "root", "owner", "agentworks"]);
    expect(await Bun.file(join(guest.directory, "owned")).exists()).toBe(false);
    expect(await jumping.run(["vm", "reinit", "dev"])).toMatchObject({ code: 0 });
    await jumping.ok(PURGE);
  }, 60_000);

  test("a key that only an agent has, or that has a passphrase and an agent has", async () => {
    const locked = join(operator.home, "locked");
    const copy = Bun.spawnSync([
      "bash",
      "-c",
      `cp ${guest.privateKeyPath} ${locked} && cp ${guest.publicKeyPath} ${locked}.pub && ssh-keygen -q -p -P '' -N 'correct horse' -f ${locked}`,
    ]);
    expect(copy.exitCode).toBe(0);
    const socket = join(operator.home, "agent");
    const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdout: "ignore" });
    try {
      while (
        !(await Bun.file(socket)
          .stat()
          .then(
            () => true,
            () => false,
          ))
      )
        await Bun.sleep(10);
      Bun.spawnSync(["ssh-add", "-q", guest.privateKeyPath], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      for (const privateKey of [locked, join(operator.home, "absent")]) {
        await using careful = await another({ privateKey });
        expect(await careful.run(["vm", "create", "dev", ...at(guest), "--yes"])).toMatchObject({
          code: 2,
          stderr: expect.stringContaining("no ssh agent holds it"),
        });
        const helped = careful.with({ SSH_AUTH_SOCK: socket });
        await helped.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
        await helped.ok(["vm", "reinit", "dev"]);
        await helped.ok(PURGE);
      }
    } finally {
      agent.kill();
      await agent.exited;
    }
  }, 60_000);
});

test("Debian 13 works like 12", async () => {
  const trixie = await bootGuest({ release: "trixie" });
  try {
    await using modern = await operatorWithBash(trixie);
    await modern.ok(["vm", "create", "dev", ...at(trixie, "owner"), "--yes", "--non-interactive"]);
    await modern.ok(["vm", "reinit", "dev"]);
    expect(Object.keys(lastResults(modern))).toEqual(["unchanged"]);
    await modern.ok(PURGE);
  } finally {
    await trixie.dispose();
  }
}, 300_000);
