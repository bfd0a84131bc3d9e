import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { at, type Operator } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { difference, on, snapshot } from "../machine/lab.ts";
import { lastResults, operatorWithBash, runsOf, statusOf } from "./lab.ts";

let guest: Guest;
let operator: Operator;
let before: readonly string[];
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorWithBash(guest);
  before = await snapshot(guest);
}, 300_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

const create = () => ["vm", "create", "dev", "--platform", "ssh", ...at(guest)];

interface DryRun {
  readonly commands: readonly unknown[];
  readonly requests: readonly unknown[];
  readonly scripts: readonly {
    readonly name: string;
    readonly user: string;
    readonly sha256: string;
    readonly text: string;
  }[];
}

/** What a dry run shows, twice: as it is here, and offline, without the private key, elsewhere in the world. */
async function dryRun(argv: readonly string[]): Promise<{ readonly text: string; readonly sha256: string }> {
  const here = await operator.ok([...argv, "--dry-run"]);
  const { privateKeyPath } = guest;
  await rename(privateKeyPath, `${privateKeyPath}.away`);
  try {
    const elsewhere = operator.with({
      TZ: "Asia/Kathmandu",
      LANG: "de_DE.UTF-8",
      LC_ALL: "de_DE.UTF-8",
      USER: "mallory",
    });
    const words = argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
    const program = `hostname elsewhere; cd /; exec "$0" ${words} --dry-run`;
    const child = Bun.spawn(["unshare", "--net", "--uts", "bash", "-c", program, elsewhere.program], {
      env: elsewhere.env,
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
    const [text, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ code, stderr, text }).toMatchObject({ code: 0, text: here });
  } finally {
    await rename(`${privateKeyPath}.away`, privateKeyPath);
  }
  const { commands, requests, scripts } = await operator.json<DryRun>([...argv, "--dry-run"]);
  expect({ commands, requests, users: scripts.map(({ user }) => user) }).toEqual({
    commands: [],
    requests: [],
    users: ["root"],
  });
  const [script] = scripts;
  const { text = "", sha256 = "", name = "" } = script ?? {};
  expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
  expect(here).toBe(`#> ${name}: bash, as root, sha256 ${sha256}\n${text}`);
  return { text: here, sha256 };
}

async function lint(text: string): Promise<void> {
  for (const argv of [
    ["bash", "-n"],
    ["shellcheck", "-s", "bash", "-"],
  ]) {
    const child = Bun.spawn(argv, { stdin: new Blob([text]), stdout: "pipe", stderr: "pipe" });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    expect({ argv, stdout, stderr, code }).toEqual({ argv, stdout: "", stderr: "", code: 0 });
  }
}

/** The sum that the last run was recorded with, and that of what the guest received. */
async function lastScript(): Promise<{ readonly recorded: string; readonly received: string }> {
  const { id = "", script_sha256: recorded = "" } = runsOf(operator).at(-1) ?? {};
  return { recorded, received: (await on(guest, `sha256sum </run/agentworks/runs/${id}/script`)).slice(0, 64) };
}

const home = () => [...new Bun.Glob("**/*").scanSync(operator.home)].filter((file) => !/-(wal|shm)$/.test(file)).sort();

describe("vm create", () => {
  let announced: string;

  test("dry run: the same bytes anywhere, and nothing is made of it", async () => {
    // The installation gets its id with its state; before, a dry run shows a constant.
    expect((await operator.run(["vm", "create", "dev", "--host", "root@127.0.0.1:1", "--yes"])).code).toBe(1);
    const files = home();
    const logins = await guest.acceptedLogins();
    const { text, sha256 } = await dryRun(create());
    await lint(text);
    announced = sha256;
    expect(home()).toEqual(files);
    expect({ logins: await guest.acceptedLogins(), status: statusOf(operator) }).toEqual({ logins, status: undefined });
    expect(difference(before, await snapshot(guest))).toEqual({ gone: [], new: [] });
  }, 30_000);

  test("takes two logins: one for the work, one that proves the way in", async () => {
    const mark = await guest.mark();
    const ran = await operator.run([...create(), "--yes", "--non-interactive"]);
    expect(ran).toMatchObject({ code: 0, stdout: "VM 'dev' is ready.\n" });
    const log = (await guest.sshdLog(mark)).filter((line) => line.startsWith("Accepted publickey"));
    expect(log.map((line) => line.split(" ")[3])).toEqual(["root", "agentworks"]);
    expect(await lastScript()).toEqual({ recorded: announced, received: announced });
    expect(statusOf(operator)).toBe("complete complete");
  }, 30_000);
});

describe("vm reinit", () => {
  test("takes one login, changes nothing, writes nothing but its log, within 2 s", async () => {
    const { text, sha256 } = await dryRun(["vm", "reinit", "dev"]);
    await lint(text);
    const first = await operator.run(["vm", "reinit", "dev"]);
    expect(first).toMatchObject({ code: 0 });
    await on(guest, "touch /root/mark");
    const mark = await guest.mark();
    const { code, stdout, ms } = await operator.run(["vm", "reinit", "dev"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "VM 'dev' is in its declared state.\n" });
    // The better of two: a computer that is busy with something else proves nothing.
    expect(Math.min(first.ms, ms)).toBeLessThan(2000);
    expect(await guest.acceptedLogins(mark)).toBe(1);
    expect(Object.keys(lastResults(operator))).toEqual(["unchanged"]);
    expect(await lastScript()).toEqual({ recorded: sha256, received: sha256 });
    const newer = await on(
      guest,
      "find / -xdev -newer /root/mark -type f ! -path '/proc/*' ! -path '/sys/*' ! -path '/run/*' ! -path '/var/log/*' ; rm /root/mark",
    );
    expect(newer).toBe(`/var/lib/agentworks/runs/${runsOf(operator).at(-1)?.id}.log\n`);
  }, 30_000);

  test("plan says what it would do, and finds drift", async () => {
    expect(await operator.run(["vm", "plan", "dev"])).toMatchObject({ code: 0 });
    await on(guest, "rm /etc/systemd/logind.conf.d/agentworks.conf");
    const mark = await guest.mark();
    const drift = await operator.run(["vm", "plan", "dev"]);
    expect(drift).toMatchObject({ code: 3, stdout: expect.stringMatching(/^1 of \d+ steps would change 'dev':\n/) });
    expect(await guest.acceptedLogins(mark)).toBe(1);
    expect(await operator.run(["vm", "reinit", "dev"])).toMatchObject({ code: 0 });
    expect(lastResults(operator)).toMatchObject({ changed: 1 });
  }, 30_000);
});

describe("vm delete --purge", () => {
  test("takes one login, and the machine is as its owner had it", async () => {
    const { text, sha256 } = await dryRun(["vm", "delete", "dev", "--purge"]);
    await lint(text);
    const runs = join(operator.home, "logs");
    const mark = await guest.mark();
    const deleted = operator.start(["vm", "delete", "dev", "--purge", "--yes"]);
    expect(await deleted.ended).toMatchObject({ code: 0, stdout: "VM 'dev' is purged and forgotten.\n" });
    expect(await guest.acceptedLogins(mark)).toBe(1);
    const received = await on(guest, "sha256sum /run/agentworks/runs/*/script");
    expect(received).toContain(sha256);
    expect([...new Bun.Glob("dev-*-vm-delete.log").scanSync(runs)]).toHaveLength(1);
    expect(difference(before, await snapshot(guest))).toEqual({ gone: [], new: [] });
    expect(operator.rows("SELECT name FROM machines")).toEqual([]);
    expect(await Bun.file(join(operator.home, "known_hosts")).exists()).toBe(false);
  }, 30_000);
});
