import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { bootGuest, carolPassword, type Guest, type Result, sweepGuests, whyNoGuests } from "./guest.ts";

const reason = whyNoGuests();
if (reason) console.warn(`No guests here: ${reason}`);

setDefaultTimeout(60_000);
/** Building the images the first time takes about a minute. */
const buildTime = 300_000;

describe.skipIf(reason !== undefined)("a guest", () => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await bootGuest();
  }, buildTime);
  afterAll(() => guest?.dispose());

  test("answers ssh as every user, and presents the key that we expect", async () => {
    for (const user of ["root", "owner", "carol", "plain"] as const) {
      expect(await run(guest.sshArgv(user, "whoami"))).toMatchObject({ code: 0, stdout: `${user}\n` });
    }
    const scan = await run(["ssh-keyscan", "-t", "ed25519", guest.host]);
    expect(scan.stdout.trim()).toBe(guest.hostKeyLine);
    expect(guest.fingerprint).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test("has sudo without a password, with one, and none", async () => {
    expect((await run(guest.sshArgv("owner", "sudo -n whoami"))).stdout).toBe("root\n");
    expect((await run(guest.sshArgv("carol", "sudo -n whoami"))).code).not.toBe(0);
    expect((await run(guest.sshArgv("carol", "sudo -S -p '' whoami"), `${carolPassword}\n`)).stdout).toBe("root\n");
    expect((await run(guest.sshArgv("plain", "sudo -n whoami"))).code).not.toBe(0);
  });

  test("runs a real systemd", async () => {
    expect(await guest.readFile("/proc/1/comm")).toBe("systemd\n");
    expect((await guest.exec(["systemctl", "is-system-running"])).stdout.trim()).toBe("running");
    expect((await onGuest("systemd-run --wait --quiet true")).code).toBe(0);
    expect((await onGuest("systemd-run --wait --quiet false")).code).toBe(1);
    expect((await onGuest("loginctl list-sessions --no-legend")).stdout).toContain("root");
    expect((await onGuest("systemctl is-active ssh cron dbus systemd-logind user@0")).code).toBe(0);
  });

  test("exec passes arguments, stdin, output and the exit code", async () => {
    const result = await guest.exec(["bash", "-c", 'cat; echo "$1" >&2; exit 7', "_", "two  words $x"], {
      stdin: "in\0",
    });
    expect(result).toEqual({ code: 7, stdout: "in\0", stderr: "two  words $x\n" });
    expect((await guest.bash("false | cat; echo unreached")).code).toBe(1);
    expect((await guest.exec(["hostname"])).stdout.trim()).toBe(guest.name);
  });

  test("has ACLs, tmux, hidepid, kernel settings and rules for users", async () => {
    const script = `
      setfacl -m u:plain:rwx /srv && getfacl -p /srv | grep -qx user:plain:rwx
      tmux new-session -d -s work && tmux has-session -t =work
      mount -o remount,hidepid=invisible /proc
      test "$(su plain -c 'ps -e -o user=' | sort -u)" = plain
      sysctl -qw kernel.dmesg_restrict=1 fs.protected_hardlinks=1 fs.protected_symlinks=1
      ip rule add uidrange 20000-29999 to 10.0.2.2 prohibit`;
    expect(await onGuest(`set -e\n${script}`)).toMatchObject({ code: 0 });
  });

  test("reaches the package mirror", async () => {
    expect(await onGuest("apt-get -qq update && apt-get -qq --yes install bc 2>&1 && echo 6*7 | bc")).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^42$/m),
    });
  });

  test("counts logins from a mark on", async () => {
    const before = await guest.acceptedLogins();
    const mark = await guest.mark();
    await onGuest("true");
    await onGuest("true");
    expect(await guest.acceptedLogins(mark)).toBe(2);
    expect(await guest.acceptedLogins()).toBe(before + 2);
  });

  test("reboots, also when it does so by itself, and can be off", async () => {
    const boots = [await bootId()];
    await guest.reboot();
    boots.push(await bootId());
    await onGuest("echo kept >/root/note; systemctl reboot");
    while (boots.includes((await bootId().catch(() => boots[0])) ?? "")) await Bun.sleep(20);
    await guest.ready();
    boots.push(await bootId());
    await guest.stop();
    expect((await guest.exec(["true"])).code).toBe(1);
    await guest.start();
    boots.push(await bootId());
    expect(new Set([...boots, await readFile("/proc/sys/kernel/random/boot_id", "utf8")]).size).toBe(5);
    expect((await onGuest("cat /root/note")).stdout).toBe("kept\n");
  });

  const onGuest = (command: string) => run(guest.sshArgv("root", command));
  const bootId = () => guest.readFile("/proc/sys/kernel/random/boot_id");
});

describe.skipIf(reason !== undefined)("ending guests", () => {
  test(
    "two at a time; dispose leaves nothing",
    async () => {
      const guests = await Promise.all([bootGuest(), bootGuest({ variant: "bare", port: 2222 })]);
      await guests[0].exec(["systemd-run", "sleep", "1000"]);
      const lost = guests[1].exec(["sleep", "1000"]);
      expect((await run(guests[1].sshArgv("root", "which jq || echo bare"))).stdout).toBe("bare\n");
      for (const guest of guests) {
        const look = await lookForTraces(guest);
        expect((await look()).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
        await guest.dispose();
        expect((await look()).filter(({ code }) => code === 0)).toEqual([]);
        expect(existsSync(guest.directory)).toBe(false);
        await guest.dispose();
      }
      expect((await lost).code).not.toBe(0);
    },
    buildTime,
  );

  test("a guest dies with its owner, and the next run sweeps its files", async () => {
    const program = `const { bootGuest } = await import("${import.meta.dir}/guest.ts");
      console.log(JSON.stringify(await bootGuest()));
      await Bun.stdin.text();`;
    const child = Bun.spawn([process.execPath, "-e", program], { stdin: "pipe", stdout: "pipe" });
    const { value } = await child.stdout.getReader().read();
    const left = JSON.parse(new TextDecoder().decode(value)) as Guest;
    const look = await lookForTraces(left);
    await sweepGuests();
    expect((await look()).map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
    child.kill("SIGKILL");
    await child.exited;
    while ((await look())[0]?.code === 0) await Bun.sleep(50);
    await (await bootGuest()).dispose();
    expect((await look()).filter(({ code }) => code === 0)).toEqual([]);
    expect(existsSync(left.directory)).toBe(false);
  });
});

/** Programs that each succeed while the host has something of the guest: other guests may run beside it. */
async function lookForTraces({ name, gateway, directory }: Guest): Promise<() => Promise<Result[]>> {
  const root = (await run(["bash", `${import.meta.dir}/guest.sh`, "root", name])).stdout.trim();
  const network = (await readlink(root.replace(/root$/, "ns/net"))).replace(/\D/g, "");
  const looks = [
    ["bash", "-c", `cat /proc/[0-9]*/cgroup 2>/dev/null | grep -F '/agentworks-test/${name}/' | grep -v deleted`],
    ["bash", "-c", `cat /proc/[0-9]*/mountinfo 2>/dev/null | grep -F '${directory}/'`],
    ["bash", "-c", `readlink /proc/[0-9]*/ns/net 2>/dev/null | grep -F '[${network}]'`],
    ["bash", "-c", `ip -brief address | grep -F ' ${gateway}/'`],
    [
      "unshare",
      "-m",
      "bash",
      "-c",
      `mount -t cgroup2 _ /sys/fs/cgroup && ls -d /sys/fs/cgroup/agentworks-test/${name}`,
    ],
  ];
  return () => Promise.all(looks.map((argv) => run(argv)));
}

async function run(argv: readonly string[], stdin = ""): Promise<Result> {
  const child = Bun.spawn([...argv], { stdin: new Blob([stdin]), stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
}
