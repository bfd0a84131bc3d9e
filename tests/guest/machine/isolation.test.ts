import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { initPlan } from "../../../cli/plan/machine.ts";
import { applySteps } from "../apply.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { adoptedSpec, on, ssh, transportTo } from "./lab.ts";

/** What is tried, as one line of shell that prints `in` when it gets through. Each works on a plain machine, at the second login. */
const ATTACKS: Readonly<Record<string, string>> = {
  "sees another user's process and its arguments": "pgrep -u plain >/dev/null && echo in",
  "leaves a job for cron": "echo '* * * * * true' | crontab - 2>/dev/null && echo in",
  "adds a key of its own":
    "rm -f k; ssh-keygen -q -t ed25519 -N '' -f k; cat k.pub >>.ssh/authorized_keys; ssh -i k -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null localhost echo in 2>/dev/null",
  "has its .bashrc run before the operator's command": "[[ -e seen ]] && echo in; echo 'touch ~/seen' >.bashrc",
  "has a start file of ssh's run at login": "echo 'touch ran' >.ssh/rc; [[ -e ran ]] && echo in",
};
/** What an agent alone is kept from: a workspace's user is the operator's hand. */
const ON_THE_BUS: Readonly<Record<string, string>> = {
  "asks systemd for a unit's command line":
    "systemctl show -p ExecStart agentworks-canary 2>&1 | grep -q canary && echo in",
  "asks systemd for a unit's processes":
    "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnitProcesses s agentworks-canary.service 2>&1 | grep -q canary && echo in",
  "asks logind who is logged in": "loginctl list-users --no-legend 2>/dev/null | grep -q . && echo in",
};

describe.each([
  { user: "agt-x", attacks: { ...ATTACKS, ...ON_THE_BUS } },
  { user: "ws-x", attacks: ATTACKS },
])("$user", ({ user, attacks }) => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await bootGuest();
    await on(
      guest,
      `       useradd -m -s /bin/bash ${user}
       install -d -m 700 -o ${user} /home/${user}/.ssh
       install -m 600 -o ${user} /root/.ssh/authorized_keys /home/${user}/.ssh/
       systemd-run --unit agentworks-canary -p User=plain bash -c 'exec -a sleep-canary sleep infinity'`,
    );
  }, 300_000);
  afterAll(() => guest?.dispose());

  test("gets nowhere on a machine of ours, and everywhere on one that is not", async () => {
    const before = await attempts();
    expect(before).toEqual(Object.fromEntries(Object.keys(attacks).map((name) => [name, true])));
    await on(guest, `crontab -u ${user} -r; rm -f /home/${user}/{ran,seen,.ssh/rc}`);
    const transport = await transportTo(guest);
    expect(await applySteps(transport, initPlan(await adoptedSpec(guest), { operation: "test" }).steps)).toMatchObject({
      outcome: "complete",
    });
    // A login that is open still has the groups of its start.
    await on(
      guest,
      `loginctl terminate-user ${user} || true; [[ ${user} == ws-* ]] || usermod -aG agentworks-agents ${user}`,
    );
    const after = await attempts();
    expect(after).toEqual(Object.fromEntries(Object.keys(attacks).map((name) => [name, false])));
  }, 120_000);

  test("lingers nowhere, talks to its own systemd, and has our locale whatever the client sends", async () => {
    const { stdout } = await ssh(
      guest,
      user,
      "loginctl enable-linger 2>&1; systemctl --user is-active default.target; locale | head -2; cat /proc/self/cgroup | grep -o 'user-[0-9]*.slice'",
    );
    const uid = (await on(guest, `id -u ${user}`)).trim();
    expect(stdout).toMatch(/Access denied|authentication required/);
    expect(stdout).toContain(`active\nLANG=C.UTF-8\nLANGUAGE=\nuser-${uid}.slice`);
    expect(await on(guest, "ls /var/lib/systemd/linger")).toBe("");
  });

  test("after a boot everything holds still", async () => {
    await guest.reboot();
    expect(
      (await ssh(guest, user, "ls -d /proc/1 2>&1; stat -c %a /run/agentworks /run/agentworks/sessions")).stdout,
    ).toBe("ls: cannot access '/proc/1': No such file or directory\n711\n711\n");
  });

  async function attempts(): Promise<Record<string, boolean>> {
    const results: Record<string, boolean> = {};
    for (const [name, attack] of Object.entries(attacks)) {
      await on(guest, `install -m 600 -o ${user} /root/.ssh/authorized_keys /home/${user}/.ssh/`);
      await ssh(guest, user, attack);
      results[name] = (await ssh(guest, user, attack)).stdout.includes("in\n");
    }
    return results;
  }
});
