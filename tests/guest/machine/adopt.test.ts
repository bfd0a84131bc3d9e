import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { initPlan, purgePlan } from "../../../cli/plan/machine.ts";
import type { Transport } from "../../../providers/transport.ts";
import { changes, refusals, warnings } from "../../../steps/machine/facts.ts";
import type { Machine } from "../../../steps/machine/index.ts";
import { applySteps } from "../apply.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { adoptedSpec, difference, factsOf, on, snapshot, ssh, transportTo } from "./lab.ts";

const OPERATION = { operation: "test" };

describe.each(["bookworm", "trixie"] as const)("adopting a plain %s server", (release) => {
  let guest: Guest;
  let transport: Transport;
  let spec: Machine;
  let before: readonly string[];
  let restricted: string;
  beforeAll(async () => {
    guest = await bootGuest({ release, variant: "bare" });
    transport = await transportTo(guest);
    spec = await adoptedSpec(guest);
    restricted = await on(guest, "cat /proc/sys/kernel/dmesg_restrict");
    // An owner with habits: no Include, lists for cron and at, no package lists.
    await on(
      guest,
      `sed -i '/^Include/d' /etc/ssh/sshd_config
       echo mallory >/etc/cron.deny; touch /etc/at.deny
       chmod 700 /home/*; rm -rf /var/lib/apt/lists/*`,
    );
    before = await snapshot(guest);
  }, 300_000);
  afterAll(async () => {
    // The guests share their host's kernel.
    await guest?.bash(`echo ${restricted.trim()} >/proc/sys/kernel/dmesg_restrict`);
    await guest?.dispose();
  });

  test("its facts are read, and nothing speaks against it", async () => {
    const facts = await factsOf(guest);
    expect(facts).toMatchObject({
      os: { id: "debian", version: release === "bookworm" ? "12" : "13", codename: release },
      systemd: true,
      root: true,
      hostname: guest.name,
      sshdIncludes: false,
      removeIpc: true,
      records: [],
      openHomes: [],
    });
    expect(facts.bootId).toMatch(/^[0-9a-f-]{36}$/);
    expect(Math.min(facts.cpus, facts.memoryGiB, facts.diskGiB, ...facts.free.map(({ mib }) => mib))).toBeGreaterThan(
      0,
    );
    expect(facts.hostKeys.map((line) => line.split(" ")[1])).toEqual([guest.hostKeyLine.split(" ")[2] ?? ""]);
    expect(facts.sysctls.get("kernel/dmesg_restrict")).toBe(
      Number(await on(guest, "cat /proc/sys/kernel/dmesg_restrict")),
    );
    expect(refusals(facts, spec, { takeOver: false })).toEqual([]);
    expect(await snapshot(guest)).toEqual(before);
  });

  test("after init nothing differs but what was said before", async () => {
    const facts = await factsOf(guest);
    const said = changes(facts, spec).join("\n");
    for (const word of [
      "agentworks",
      "tmux",
      "one line more in sshd_config",
      "systemd and logind",
      "RemoveIPC=no",
      "hidepid",
      "cron.deny",
    ]) {
      expect(said).toContain(word);
    }
    expect(await applySteps(transport, initPlan(spec, OPERATION).steps)).toMatchObject({ outcome: "complete" });
    const { gone } = difference(before, await snapshot(guest));
    const missing = gone.map((line) => line.replace(/^[0-9a-f]{64} +/, ""));
    const may =
      /^(\/etc\/(passwd|group|gshadow|shadow|subuid|subgid|shells|ssh\/sshd_config)( |$)|\/proc |b true|(\/etc|\/home|\/opt|\/etc\/[a-zA-Z0-9./-]+) d)/;
    expect(missing.filter((line) => !may.test(line))).toEqual([]);
    const again = await applySteps(transport, initPlan(spec, OPERATION).steps);
    expect(new Set(Object.values(again.results))).toEqual(new Set(["unchanged"]));
    expect(changes(await factsOf(guest), spec)).not.toContain("RemoveIPC");
  }, 120_000);

  test("the owner still gets in, and so does the admin", async () => {
    expect((await ssh(guest, "owner", "sudo -n id -u")).stdout).toBe("0\n");
    expect((await ssh(guest, "agentworks", "sudo -n id -u")).stdout).toBe("0\n");
  });

  test("purge: everything is as it was before, with an agent, a workspace and a running session gone", async () => {
    await on(
      guest,
      `install -d -m 700 /var/lib/agentworks/{agents,workspaces,workspace-directories,sessions}
       useradd -m -G agentworks-agents agt-x; useradd -m ws-w; touch /var/lib/agentworks/{agents/x,workspaces/w,workspace-directories/w,sessions/s}
       install -d -o ws-w -g ws-w -m 2770 /opt/agentworks/workspaces/w; touch /opt/agentworks/workspaces/w/file
       printf '[Service]\\nUser=agt-x\\nExecStart=sleep infinity\\n' >/etc/systemd/system/agentworks-session-s.service
       systemctl start agentworks-session-s; echo agt-x >>/etc/cron.deny
       sed -i 's/dmesg_restrict=.*/dmesg_restrict=0/' /var/lib/agentworks/adopted/sysctl
       setpriv --reuid agt-x --regid agt-x --clear-groups sleep infinity </dev/null &>/dev/null &`,
    );
    const foreign = purgePlan({ ...spec, installation: "other" }, OPERATION);
    expect(await applySteps(transport, foreign.steps)).toMatchObject({
      outcome: "failed",
      results: { "machine/purge/guard": "failed" },
    });
    const purged = await applySteps(transport, purgePlan(spec, OPERATION).steps);
    expect(purged).toMatchObject({ outcome: "complete" });
    expect(await on(guest, "cat /proc/sys/kernel/dmesg_restrict")).toBe("0\n");
    expect(difference(before, await snapshot(guest))).toEqual({ gone: [], new: [] });
    expect(
      await on(guest, "ls -A /run/agentworks; ls -d /var/lib/agentworks 2>&1 || true; pgrep -c sleep || true"),
    ).toBe("lock\nruns\nls: cannot access '/var/lib/agentworks': No such file or directory\n0\n");
    expect(await applySteps(transport, purgePlan(spec, OPERATION).steps)).toMatchObject({ outcome: "complete" });
  }, 60_000);

  test("a machine that shuts ours out, or has our names already, is refused before anything is changed", async () => {
    await on(
      guest,
      "useradd agt-stranger; useradd agentworks; echo 'AllowUsers root owner agentworks' >>/etc/ssh/sshd_config; chmod 755 /home/plain",
    );
    const facts = await factsOf(guest);
    const said = refusals(facts, spec, { takeOver: false }).map(({ message }) => message);
    expect(said).toEqual([
      "these users or groups are not ours: agt-stranger",
      "the user agentworks exists there and is not ours",
      "sshd on the machine shuts our users out (AllowUsers, AllowGroups, DenyUsers or DenyGroups): agt-* ws-*",
    ]);
    expect(warnings(facts)).toEqual(["agents could look into these homes: /home/plain (chmod 700 closes them)"]);
    await on(
      guest,
      "userdel agt-stranger; userdel agentworks; sed -i /AllowUsers/d /etc/ssh/sshd_config; chmod 700 /home/plain",
    );
  });
});

describe("packages", () => {
  let guest: Guest;
  let transport: Transport;
  let spec: Machine;
  beforeAll(async () => {
    guest = await bootGuest({ variant: "bare" });
    transport = await transportTo(guest);
    spec = await adoptedSpec(guest);
  }, 300_000);
  afterAll(() => guest?.dispose());

  test("an interrupted dpkg is finished, apt's locks are waited for, and who holds them is told", async () => {
    await on(
      guest,
      `cd /tmp && apt-get -qq update && apt-get -qq download bc && dpkg --unpack bc_*.deb
       sed -n '/^Package: bc$/,/^$/p' /var/lib/dpkg/status >/var/lib/dpkg/updates/0000`,
    );
    expect((await guest.bash("apt-get -qq install -y jq")).stderr).toContain("dpkg was interrupted");
    const holder = guest.exec(["perl", "-e", HOLD]);
    await Bun.sleep(300);
    expect(warnings(await factsOf(guest)).join()).toContain("packages are being changed by perl");
    const start = performance.now();
    const applied = await applySteps(transport, initPlan(spec, OPERATION).steps);
    expect(applied).toMatchObject({ outcome: "complete" });
    expect(performance.now() - start).toBeGreaterThan(3000);
    await holder;
    expect(await on(guest, "dpkg -l bc jq | grep -c ^ii; dpkg --audit")).toBe("2\n");
  }, 120_000);

  test("what something else came to need stays at a purge", async () => {
    await on(
      guest,
      `mkdir -p /tmp/needy/DEBIAN && cd /tmp && printf 'Package: needy\\nVersion: 1\\nArchitecture: all\\nMaintainer: o <o@example.org>\\nDepends: jq\\nDescription: x\\n' >needy/DEBIAN/control
       dpkg-deb --build needy && dpkg -i needy.deb`,
    );
    const purged = await applySteps(transport, purgePlan(spec, OPERATION).steps);
    expect(purged).toMatchObject({ outcome: "complete" });
    expect(purged.log).toMatch(/still needed by other packages, and left: .*\bjq\b/);
    expect(await on(guest, "dpkg -l jq needy | grep -c ^ii; dpkg --audit; dpkg -l tmux | grep -c ^ii || true")).toBe(
      "2\n0\n",
    );
  }, 60_000);
});

/** Takes the locks of dpkg and of the package lists, as apt does, for four seconds. */
const HOLD = `use Fcntl;
for ("/var/lib/dpkg/lock-frontend", "/var/lib/apt/lists/lock") {
  my $lock = pack("s s l! l! i", F_WRLCK, 0, 0, 0, 0);
  open my $file, ">>", $_ or die; fcntl($file, F_SETLK, $lock) or die; push @held, $file;
}
sleep 4;`;
