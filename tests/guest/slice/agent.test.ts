import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { createAgentPlan, deleteAgentPlan } from "../../../cli/plan/agent.ts";
import { agent, bootSlice, runSsh, type Slice } from "./slice.ts";

setDefaultTimeout(60_000);
let slice: Slice;
beforeAll(async () => {
  slice = await bootSlice();
}, 300_000);
afterAll(() => slice?.[Symbol.asyncDispose]());

test("an agent is a user with a home, a group and keys that are its own, and no sudo", async () => {
  const claude = agent(slice, "claude");
  const { reports } = await slice.converge(createAgentPlan(claude));
  const uid = reports["agent/account@agt-claude"]?.trim();
  expect(Number(uid)).toBeGreaterThanOrEqual(20_000);
  expect(await slice.root("getent passwd agt-claude")).toBe(
    `agt-claude:x:${uid}:${uid}::/home/agt-claude:/usr/bin/bash`,
  );
  expect(await slice.root("id -nG agt-claude")).toBe("agt-claude agentworks-agents");
  expect(await slice.root("stat -c '%a %U %G' /home/agt-claude")).toBe("700 agt-claude agt-claude");
  expect(await slice.root("cat /etc/subuid /etc/subgid")).not.toContain("agt-claude");
  expect(await slice.as("agt-claude", "id -un; ls -A; test -r ~/.bashrc")).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^agt-claude\n/),
  });
  expect((await slice.as("agt-claude", "sudo -n id")).code).not.toBe(0);
  expect((await slice.as("agt-claude", "echo '* * * * * true' | crontab -")).code).not.toBe(0);
});

test("what drifted is repaired, and nothing of the user's is overwritten", async () => {
  const drifted = agent(slice, "drifted");
  await slice.converge(createAgentPlan(drifted));
  await slice.as("agt-drifted", "echo mine >.bashrc");
  await slice.root(`
    chmod 755 /home/agt-drifted; usermod --shell /bin/sh agt-drifted
    gpasswd -a agt-drifted sudo; gpasswd -d agt-drifted agentworks-agents
    echo more >>/etc/agentworks/authorized_keys/agt-drifted
    sed -i /TasksMax/d /etc/systemd/system/user-$(id -u agt-drifted).slice.d/agentworks.conf
    sed -i /agt-drifted/d /etc/cron.deny`);
  const { results } = await slice.converge(createAgentPlan(drifted));
  expect(Object.values(results)).toEqual(["changed", "changed", "changed", "changed"]);
  expect(await slice.root("stat -c %a /home/agt-drifted; id -nG agt-drifted; cat /home/agt-drifted/.bashrc")).toBe(
    "700\nagt-drifted agentworks-agents\nmine",
  );
});

test("a create that was interrupted anywhere goes on", async () => {
  const torn = agent(slice, "torn");
  const plan = createAgentPlan(torn);
  await slice.apply(plan);
  const uid = await slice.root("id -u agt-torn");
  await slice.root("rm -r /home/agt-torn; mkdir /home/.agt-torn.new");
  await slice.converge(plan);
  await slice.root(
    "userdel agt-torn; rm -r /home/agt-torn; groupadd --gid $(sed -n 's/^uid //p' /var/lib/agentworks/agents/torn) agt-torn",
  );
  await slice.converge(plan);
  expect(await slice.root("id -u agt-torn; ls -A /home/agt-torn | sort | head -1")).toBe(`${uid}\n.bash_logout`);
});

test("limits hold for its sessions and logins together", async () => {
  const small = agent(slice, "small", { limits: { memory: 0.5, cpus: 1.5, tasks: 77 } });
  await slice.converge(createAgentPlan(small));
  const properties =
    "systemctl show -p MemoryMax -p MemorySwapMax -p CPUQuotaPerSecUSec -p TasksMax user-$(id -u agt-small).slice";
  expect((await slice.root(properties)).split("\n").sort()).toEqual([
    "CPUQuotaPerSecUSec=1.500000s",
    "MemoryMax=536870912",
    "MemorySwapMax=0",
    "TasksMax=77",
  ]);
  await slice.converge(createAgentPlan(agent(slice, "small")));
  expect((await slice.root(properties)).split("\n").sort()).toEqual([
    "CPUQuotaPerSecUSec=infinity",
    "MemoryMax=infinity",
    "MemorySwapMax=infinity",
    "TasksMax=4096",
  ]);
  const login = await slice.as("agt-small", "cat /proc/self/cgroup");
  expect(login.stdout).toContain(`/user-${(await slice.root("id -u agt-small")).trim()}.slice/`);
});

test("a user or group that is not ours is refused, and left alone by the undo", async () => {
  const stranger = agent(slice, "stranger");
  await slice.root("useradd --create-home agt-stranger");
  const created = await slice.apply(createAgentPlan(stranger));
  expect(created.outcome).toBe("failed");
  expect(created.log).toContain("user or group agt-stranger exists on this machine and is not ours");
  expect((await slice.apply(deleteAgentPlan(stranger, []))).outcome).toBe("complete");
  await slice.root("id agt-stranger; test -d /home/agt-stranger; test ! -e /var/lib/agentworks/agents/stranger");
  await slice.root("groupadd agt-grouped; echo kept >/home/agt-homed");
  expect((await slice.apply(createAgentPlan(agent(slice, "grouped")))).outcome).toBe("failed");
  const homed = await slice.apply(createAgentPlan(agent(slice, "homed")));
  expect(homed.log).toContain("/home/agt-homed exists and does not belong to agt-homed");
});

test("an agent of another installation is neither taken nor deleted", async () => {
  const theirs = agent(slice, "theirs");
  await slice.converge(createAgentPlan(theirs));
  const installation = "f".repeat(32);
  const ours = { ...theirs, installation, record: theirs.record.replace(theirs.installation, installation) };
  const created = await slice.apply(createAgentPlan(ours));
  expect(created.log).toContain("agt-theirs on this machine belongs to another installation of agentworks");
  expect((await slice.apply(deleteAgentPlan(ours, []))).results).toEqual({ "agent/user-gone@agt-theirs": "unchanged" });
  await slice.root("id agt-theirs");
});

test("a shell that is not installed is named", async () => {
  const { outcome, log } = await slice.apply(createAgentPlan(agent(slice, "shellless", { shell: "zsh" })));
  expect(outcome).toBe("failed");
  expect(log).toContain("the shell zsh is not installed on this machine");
  expect(await slice.root("getent passwd agt-shellless || echo none")).toBe("none");
});

test("delete leaves nothing of the agent, and its uid is nobody's again", async () => {
  const doomed = agent(slice, "doomed", { limits: { tasks: 500 } });
  await slice.converge(createAgentPlan(doomed));
  const uid = await slice.root("id -u agt-doomed");
  await slice.root(`
    mkdir -p /var/lib/systemd/linger; touch /var/lib/systemd/linger/agt-doomed /var/mail/agt-doomed
    echo '* * * * * true' >/var/spool/cron/crontabs/agt-doomed
    mkdir /srv/kept; echo kept >/srv/kept/file; mkdir -m 1777 /tmp/shared; mkdir -m 777 /srv/open`);
  const traces = await slice.as(
    "agt-doomed",
    `mkdir -p ~/deep/er /tmp/doomed/dir /var/tmp/doomed; touch ~/deep/er/file /dev/shm/doomed /tmp/shared/doomed /srv/open/left
     ln -s /srv/kept ~/link; ln -s /srv/kept /tmp/doomed/link; chmod 0 ~/deep
     ipcmk -M 1000 -Q -S 1 >&2
     for i in 1 2 3; do setsid bash -c 'trap "" TERM HUP; while :; do sleep 0.01; done' <&- >&- 2>&- & done; exit 0`,
  );
  expect(traces.code).toBe(0);
  expect(Number(await slice.root("pgrep -u agt-doomed | wc -l"))).toBeGreaterThan(3);
  const { log } = await slice.converge(deleteAgentPlan(doomed, []));
  const left = await slice.root(`
    pgrep -u ${uid} || true; getent passwd agt-doomed || true; getent group agt-doomed || true
    find / -xdev \\( -uid ${uid} -o -gid ${uid} -o -name '*doomed*' \\) -not -path '/proc/*' -not -path '/var/log/*' 2>/dev/null || true
    find /dev/shm /run -uid ${uid} -o -name '*${uid}*' -path '*agentworks*'
    awk -v uid=${uid} '$8 == uid' /proc/sysvipc/shm /proc/sysvipc/msg; awk -v uid=${uid} '$5 == uid' /proc/sysvipc/sem
    grep -l doomed /etc/cron.deny /etc/subuid || true; ls -d /etc/systemd/system/user-${uid}* 2>/dev/null || true`);
  expect(left.split("\n")).toEqual(["/srv/open/left"]);
  expect(log).not.toContain("still there");
  expect(await slice.root("cat /srv/kept/file")).toBe("kept");
  await slice.converge(createAgentPlan(doomed));
  const next = await slice.root("id -u agt-doomed");
  expect(Number(next)).toBeGreaterThan(Number(uid));
  expect((await slice.as("agt-doomed", "cat /srv/open/left && echo x >>/srv/open/left")).code).not.toBe(0);
});

test("an agent whose login is open when it is deleted loses it", async () => {
  const online = agent(slice, "online");
  await slice.converge(createAgentPlan(online));
  const login = runSsh(slice.guest, "agt-online", "echo $$; exec sleep 1000");
  while ((await slice.root("pgrep -x -u agt-online sleep || true")) === "") await Bun.sleep(50);
  await slice.converge(deleteAgentPlan(online, []));
  expect((await login).code).not.toBe(0);
  expect((await slice.as("agt-online", "true")).code).toBe(255);
});
