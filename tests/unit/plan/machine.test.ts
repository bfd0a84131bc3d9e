import { describe, expect, test } from "bun:test";
import { initPlan, purgePlan } from "../../../cli/plan/machine.ts";
import { changes, type MachineFacts, parseFacts, refusals, warnings } from "../../../steps/machine/facts.ts";
import type { Machine } from "../../../steps/machine/index.ts";
import { BASE_PACKAGES, SYSCTLS, TERMINAL_PACKAGES } from "../../../steps/machine/settings.ts";
import { needsOf, phasesOf, render } from "../../../steps/render.ts";
import type { Plan } from "../../../steps/step.ts";

const adopted: Machine = {
  name: "dev",
  adminUser: "agentworks",
  adminShell: "/usr/bin/zsh",
  adopted: true,
  workspacesRoot: "/opt/agent works/it's",
  operatorKeys: ["ssh-ed25519 AAAA one", "ssh-ed25519 AAAB two"],
  installation: "1111",
  record: '{"installation":"1111"}',
};
const made: Machine = { ...adopted, adopted: false, hostname: "dev", swapGiB: 4, fenced: ["10.0.2.0/24"] };
const OPERATION = { operation: "vm reinit dev" };
const ids = (plan: Plan) => plan.steps.map(({ id }) => id);

describe("the plans", () => {
  test("an adopted machine keeps its host name, swap, locale and cloud-init", () => {
    const own = [
      ...["machine/hosts", "machine/hostname", "machine/keep-host-keys", "machine/locale", "machine/swap"],
      ...["machine/fence", "machine/root-login"],
    ];
    expect(ids(initPlan(made, OPERATION)).filter((id) => !ids(initPlan(adopted, OPERATION)).includes(id))).toEqual(own);
    expect(ids(initPlan(adopted, OPERATION)).filter((id) => !ids(initPlan(made, OPERATION)).includes(id))).toEqual([
      "machine/keep",
    ]);
  });

  test("the claim comes first, what is kept before what changes it, and the report last", () => {
    const order = ids(initPlan(adopted, OPERATION));
    expect(order.slice(0, 3)).toEqual(["machine/record", "machine/keep", "machine/packages"]);
    expect(order.at(-1)).toBe("machine/host-keys");
    expect(order.indexOf("machine/sshd")).toBeLessThan(order.indexOf("machine/operator-keys"));
    expect(ids(purgePlan(adopted, OPERATION)).at(0)).toBe("machine/purge/guard");
    expect(ids(purgePlan(adopted, OPERATION)).at(-1)).toBe("machine/purge/records");
  });

  test("a machine that we made: the fence before the first user, root's login last, behind the admin's", () => {
    const order = ids(initPlan(made, OPERATION));
    expect(order.indexOf("machine/fence")).toBeLessThan(order.indexOf("machine/admin-account"));
    expect(order.indexOf("machine/operator-keys")).toBeLessThan(order.indexOf("machine/root-login"));
    expect(order.at(-1)).toBe("machine/root-login");
    expect(ids(initPlan({ ...made, fenced: [] }, OPERATION))).not.toContain("machine/fence");
    expect(ids(initPlan({ ...adopted, fenced: ["10.0.2.0/24"] }, OPERATION))).not.toContain("machine/fence");
  });

  test("comfort may fail, safety may not", () => {
    const lenient = initPlan(made, OPERATION).steps.filter(({ fatal }) => !fatal);
    expect(lenient.map(({ id }) => id)).toEqual([
      "machine/locale",
      "machine/swap",
      "machine/shell",
      "machine/terminfo",
      "user/profile",
    ]);
  });

  test.each([
    ["init of an adopted machine", initPlan(adopted, OPERATION)],
    ["init of a machine that we made", initPlan(made, OPERATION)],
    ["purge", purgePlan(adopted, OPERATION)],
  ])(
    "%s: each step gets just what it needs and has a check; the script passes bash, shellcheck and shfmt",
    (_, plan) => {
      for (const step of plan.steps) {
        expect([step.id, Object.keys(step.values).sort()]).toEqual([step.id, [...needsOf(step.text)].sort()]);
        expect(phasesOf(step.text)).toContain("check");
      }
      expect(new Set(plan.steps.map(({ id, subject }) => `${id}@${subject}`)).size).toBe(plan.steps.length);
      const { text } = render(plan, "apply");
      expect(text).toBe(render(plan, "apply").text);
      for (const program of [
        ["bash", "-n"],
        ["shellcheck", "-s", "bash", "-"],
        ["shfmt", "-i", "2", "-ci", "-d"],
      ]) {
        const { exitCode, stdout, stderr } = Bun.spawnSync(program, { stdin: Buffer.from(text) });
        expect([program[0], exitCode, `${stdout}${stderr}`]).toEqual([program[0], 0, ""]);
      }
    },
  );
});

describe("the facts of a machine", () => {
  const good: Readonly<Record<string, string>> = {
    os: "debian\n",
    "os-version": "12\n",
    systemd: "yes\n",
    uid: "0\n",
    "memory-kib": "8388608\n",
    free: "/ 9000000 900000\n/var 9000000 -\n/run 900000 900000\n",
    users: "root:0:/root:/bin/bash\nowner:1000:/home/owner:/bin/bash\n",
    "proc-options": "rw,nosuid\n",
    "remove-ipc": "b true\n",
    "sshd-includes": "1\n",
    sshd: "port 22\n",
  };
  const said = (changed: Readonly<Record<string, string>>) =>
    parseFacts(
      Object.entries({ ...good, ...changed })
        .map(([key, value]) => `@fact\t${key}\t${Buffer.from(value).toString("base64")}`)
        .join("\nnoise of a .bashrc\n"),
    );
  const reasons = (facts: MachineFacts, takeOver = false) =>
    refusals(facts, adopted, { takeOver }).map(({ message }) => message);

  test("a good one is not refused; noise between its lines is nothing", () => {
    expect(reasons(said({}))).toEqual([]);
    expect(said({})).toMatchObject({
      memoryGiB: 8,
      users: ["root", "owner"],
      free: [{ inodes: 900000 }, { inodes: undefined }, {}],
    });
  });

  test("an answer that makes no sense is refused, not believed", () => {
    expect(reasons(parseFacts(""))).toEqual([
      "the login does not become root there",
      "the machine runs an unknown system, not Debian 12 or 13",
      "systemd does not run there",
    ]);
    expect(said({ cpus: "1e9\n", "host-keys": "ssh-ed25519 AAAA x\n\u001b]0;x\n" })).toMatchObject({
      cpus: 0,
      hostKeys: ["ssh-ed25519 AAAA x"],
    });
  });

  test.each([
    [{ uid: "1000\n" }, "the login does not become root there"],
    [{ os: "ubuntu\n", "os-version": "24.04\n" }, "the machine runs ubuntu 24.04, not Debian 12 or 13"],
    [{ "os-version": "11\n" }, "the machine runs debian 11, not Debian 12 or 13"],
    [{ systemd: "" }, "systemd does not run there"],
    [{ users: "agt-x:1001:/home/x:/bin/sh\n", groups: "ws-y\n" }, "these users or groups are not ours: agt-x, ws-y"],
    [{ users: "agentworks:1000:/home/a:/bin/sh\n" }, "the user agentworks exists there and is not ours"],
    [
      { "record:machine/machine": '{"installation":"2222"}\n' },
      "the machine belongs to another installation of agentworks",
    ],
    [{ free: "/var 9000 900000\n" }, "/var has too little free space (8 MiB)"],
    [{ free: "/ 9000000 12\n" }, "/ has too little free space (8789 MiB)"],
    [{ sshd: "allowusers root\nallowusers agt-*\n" }, shutOut("agentworks ws-*")],
    [{ sshd: "allowusers root agentworks agt-* ws-*\n" }, undefined],
    [{ sshd: "allowgroups agentworks-agents agentworks\n" }, shutOut("ws-*")],
    [{ sshd: "denyusers agt-claude\n" }, undefined],
    [{ sshd: "denyusers a*\n" }, shutOut("agentworks agt-*")],
    [{ sshd: "denygroups ws-?\n" }, shutOut("ws-*")],
  ])("%j: %s", (changed, reason) => {
    expect(reasons(said(changed))).toEqual(reason === undefined ? [] : [reason]);
  });

  test("what has our record is ours, and another installation's machine can be taken over", () => {
    const ours = said({
      users:
        "agt-x:20001:/home/agt-x:/bin/sh\nws-y:20002:/home/ws-y:/bin/sh\nagentworks:20000:/home/agentworks:/bin/sh\n",
      "record:agents/x": "{}\n",
      "record:workspaces/y": "{}\n",
      "record:admin/agentworks": "{}\n",
      "record:machine/machine": '{"installation":"2222"}\n',
    });
    expect(reasons(ours, true)).toEqual([]);
    expect(ours.records).toContainEqual({ kind: "agents", name: "x", text: "{}\n" });
  });

  test("what init would change is told, and no more", () => {
    const all = changes(
      said({ sysctls: "kernel/dmesg_restrict=0\nfs/protected_fifos=2\n", "sshd-includes": "0\n" }),
      adopted,
    ).join("\n");
    expect(all).toContain("kernel.dmesg_restrict=1");
    expect(all).not.toContain("protected_fifos");
    expect(all).toContain("zsh");
    expect(all).toContain("one line more in sshd_config");
    const nothing = changes(
      said({
        "record:admin/agentworks": "{}\n",
        packages: [...BASE_PACKAGES, ...TERMINAL_PACKAGES, "zsh"].join("\n"),
        sysctls: Object.keys(SYSCTLS)
          .map((path) => `${path}=1`)
          .join("\n"),
        "proc-options": "rw,gid=900,hidepid=invisible\n",
        "remove-ipc": "b false\n",
        present: "/etc/ssh/sshd_config.d/00-agentworks.conf\n/etc/dbus-1/system.d/agentworks.conf\n/etc/agentworks\n",
      }),
      adopted,
    );
    expect(nothing).toEqual([]);
  });

  test("open homes and a busy apt are told", () => {
    expect(warnings(said({ "open-homes": "/home/owner\n", "apt-lock": "unattended-upgr\n" }))).toEqual([
      "agents could look into these homes: /home/owner (chmod 700 closes them)",
      "packages are being changed by unattended-upgr: init waits for that",
    ]);
  });
});

function shutOut(names: string): string {
  return `sshd on the machine shuts our users out (AllowUsers, AllowGroups, DenyUsers or DenyGroups): ${names}`;
}
