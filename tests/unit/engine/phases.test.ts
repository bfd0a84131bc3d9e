// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { render } from "../../../steps/render.ts";
import { Secret } from "../../../steps/secret.ts";
import { planOf, sandbox, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const machine = sandbox();
const mark = join(machine.directory, "mark");
beforeEach(() => rmSync(mark, { force: true }));
afterAll(() => machine.dispose());

/** Neither gone nor a zombie that its parent has not buried yet. */
function isAlive(pid: string): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

const results = async (...steps: Parameters<typeof machine.run>[0] & readonly unknown[]) => {
  const told = await machine.run(steps);
  return { outcome: told.outcome, results: told.steps.map((step) => step.result) };
};

test("changed, then unchanged; the check is asked before and after", async () => {
  const count = join(machine.directory, "count");
  const step = toy({ check: [`echo >>'${count}'`, '[[ -e "$M" ]]'], apply: ['touch "$M"'] }, { M: mark });
  expect(await results(step)).toEqual({ outcome: "complete", results: ["changed"] });
  expect(await results(step)).toEqual({ outcome: "complete", results: ["unchanged"] });
  expect(readFileSync(count, "utf8")).toBe("\n".repeat(3));
});

test("an apply that succeeds without making its check true has failed", async () => {
  expect(await results(toy({ check: ["false"], apply: [":"] }))).toEqual({ outcome: "failed", results: ["failed"] });
});

test("a fatal failure skips the rest, another one does not; a report of a failed step is not taken", async () => {
  const good = toy({ apply: [":"] });
  const bad = { apply: ["exit 3"], report: ["echo told"] };
  expect(await results(good, toy(bad), good)).toEqual({ outcome: "failed", results: ["changed", "failed", "skipped"] });
  const told = await machine.run([toy(bad, {}, { fatal: false }), good]);
  expect(told.outcome).toBe("partial");
  expect(told.steps.map((step) => step.result)).toEqual(["failed", "unchanged"]);
  expect(told.steps[0]?.report).toBeUndefined();
});

for (const [what, lines] of [
  ["a command in the middle", ["false", ":"]],
  ["a command in a function", ["inner() { false; :; }", "inner", ":"]],
  ["the left of a pipe", ["false | cat", ":"]],
  ["a substitution", ["x=$(false; echo on)", ": $x"]],
  ["an unset name", [": $NOBODY_SET_THIS"]],
  ["a syntax error of eval", ["eval 'if'", ":"]],
] as const) {
  test(`${what} that fails ends check and apply`, async () => {
    const free = { fatal: false };
    const told = await results(
      toy({ check: lines, apply: ['touch "$M"'] }, { M: mark }, free),
      toy({ apply: [...lines, 'touch "$M"'] }, { M: `${mark}-apply` }, free),
      toy({ apply: [":"], report: [...lines, "echo told"] }, {}, free),
    );
    expect(told.results).toEqual(["failed", "failed", "failed"]);
    expect(existsSync(mark)).toBe(true);
    expect(existsSync(`${mark}-apply`)).toBe(false);
  });
}

test("a step without a check is recognised by its stamp: text, values, subject", async () => {
  const stamped = (value: string, subject: string, ...more: string[]) =>
    toy({ apply: ['echo "$V" >>"$M"', ...more] }, { V: value, M: mark }, { id: "toy/stamped", subject });
  const one = async (...args: Parameters<typeof stamped>) => (await results(stamped(...args))).results[0];
  expect(await one("1", "a/b")).toBe("changed");
  expect(await one("1", "a/b")).toBe("unchanged");
  expect(await one("1", "a%2Fb")).toBe("changed");
  expect(await one("1", "../../a")).toBe("changed");
  expect(await one("2", "a/b")).toBe("changed");
  expect(await one("1", "a/b")).toBe("changed");
  expect(await one("1", "a/b", "echo")).toBe("changed");
  expect(await one("1", "a/b", "false")).toBe("failed");
  expect(await one("1", "a/b", "false")).toBe("failed");
  expect(readFileSync(mark, "utf8").trim().split(/\s+/)).toEqual(["1", "1", "1", "2", "1", "1", "1", "1"]);
});

test("check mode writes nothing, says what would change, and needs no user to be there", async () => {
  const steps = [
    toy({ check: ["[[ -e /etc/passwd ]]"], apply: ['touch "$M"'] }, { M: mark }),
    toy({ check: ['[[ -e "$M" ]]'], apply: ['touch "$M"'], report: ['touch "$M"'] }, { M: mark }),
    toy({ apply: ['touch "$M"'] }, { M: mark }),
    toy({ check: [":"], apply: [":"] }, {}, { user: "agt-nobody" }),
    toy({ check: [":"], apply: [":"] }, {}, { user: "agt-test" }),
  ];
  const script = render(planOf(steps, { locks: ["init"] }), "check").text;
  const list = () => Bun.spawnSync(["find", machine.directory, "-printf", "%p %T@ %C@ %s\n"]).stdout.toString();
  const before = list();
  const looked = Bun.spawnSync([...machine.argv], { stdin: Buffer.from(script) });
  const results = [...looked.stdout.toString().matchAll(/\tstep\t\d\t((?:un)?changed)$/gm)].map(
    (match) => match[1] ?? "",
  );
  expect(results).toEqual(["unchanged", "changed", "changed", "changed", "unchanged"]);
  expect(looked.stdout.toString()).toEndWith("\tend\tcomplete\n");
  expect(list()).toBe(before);
});

test("in apply mode a user who is not there is a failure that says so", async () => {
  const told = await machine.run([toy({ check: [":"], apply: [":"] }, {}, { user: "agt-nobody" })]);
  expect(told.outcome).toBe("failed");
  expect(told.log.join("\n")).toContain("user agt-nobody does not exist");
});

test("a hanging step is stopped with its children when its time is over", async () => {
  const step = toy({ apply: ['sleep 1000 & echo $! >"$M"', "(sleep 1000)"] }, { M: mark }, { limit: 1 });
  const told = await machine.run([step]);
  expect(told.outcome).toBe("failed");
  expect(told.ms).toBeLessThan(9000);
  expect(told.log.join("\n")).toContain("stopped after 1 s");
  expect(isAlive(readFileSync(mark, "utf8").trim())).toBe(false);
});

test("a step's stdin is empty: it cannot eat the program", async () => {
  const step = toy({ check: ["! read -r"], apply: [":"], report: ["cat; wc -c"] });
  const told = await machine.run([step]);
  expect(told.steps).toMatchObject([{ result: "unchanged", report: "0\n" }]);
});

for (const phase of ["check", "apply", "report"] as const) {
  test(`a daemon that ${phase} leaves behind, holding its output, holds up nothing`, async () => {
    const daemon = ["setsid sleep 30 &", 'echo $! >"$M"'];
    const step = toy(
      { check: [`[[ -e '${mark}.on' ]]`], apply: [`touch '${mark}.on'`], [phase]: [`touch '${mark}.on'`, ...daemon] },
      { M: mark },
    );
    const told = await machine.run([step, toy({ apply: ["echo next"] })]);
    process.kill(Number(readFileSync(mark, "utf8")));
    rmSync(`${mark}.on`);
    expect(told.outcome).toBe("complete");
    expect(told.log).toContain("next");
    // Half a second each for its output and its report; the daemon would stay for 30.
    expect(told.steps[0]?.ms).toBeLessThan(5000);
  });
}

for (const [user, path, umask] of [
  ["root", "/usr/sbin:/usr/bin:/sbin:/bin", "0022"],
  [
    "agt-test",
    `${machine.home}/.local/bin:${machine.home}/.local/share/mise/shims:/usr/local/bin:/usr/bin:/bin`,
    "0022",
  ],
] as const) {
  test(`what a phase of ${user} has: seven variables, its home, no fd of ours`, async () => {
    const report = [
      "tr '\\0' '\\n' </proc/$$/environ | sort",
      "echo ---",
      'echo "$PWD $(umask) $(id -un):$(id -gn) $- $BASHOPTS"',
      "bash -c 'for fd in {0..99}; do [[ ! -e /proc/$$/fd/$fd ]] || printf \"$fd \"; done'",
      "echo; sed -n 's/NoNewPrivs:\\t//p' /proc/self/status",
    ];
    const plan = { operation: "test", locks: ["agent-x", "init"], exclusive: false };
    const told = await machine.run({ ...plan, steps: [toy({ apply: [":"], report }, { V: "value" }, { user })] });
    const [environ = "", rest = ""] = (told.steps[0]?.report ?? "").split("---\n");
    const home = user === "root" ? "/root" : machine.home;
    expect(environ.trim().split("\n")).toEqual([
      `HOME=${home}`,
      "LANG=C.UTF-8",
      `LOGNAME=${user}`,
      `PATH=${path}`,
      "SHELL=/bin/bash",
      "TERM=dumb",
      `USER=${user}`,
    ]);
    const [state = "", fds, noNewPrivileges] = rest.split("\n");
    expect(state).toStartWith(`${home} ${umask} ${user}:${user} ehu`);
    expect(state).toContain("inherit_errexit");
    expect(fds).toBe("0 1 2 ");
    expect(noNewPrivileges).toBe(user === "root" ? "0" : "1");
  });
}

test("programs in a user's own PATH never run as root", async () => {
  const bin = join(machine.home, ".local/bin");
  mkdirSync(bin, { recursive: true });
  for (const name of ["timeout", "setpriv", "env", "bash", "id", "getent", "cat"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\n/usr/bin/id -un >>${machine.home}/ran-$(/usr/bin/id -un)\n`, {
      mode: 0o755,
    });
  }
  // The control: by name, the user's own are found.
  const told = await machine.run([toy({ apply: ["cat"] }, {}, { user: "agt-test" })]);
  rmSync(bin, { recursive: true });
  expect(told.outcome).toBe("complete");
  expect(existsSync(join(machine.home, "ran-root"))).toBe(false);
  expect(readFileSync(join(machine.home, "ran-agt-test"), "utf8")).toBe("agt-test\n");
});

test("a step sees its own values and secrets, and no other step's", async () => {
  const report = ['printf "%s" "${MINE-unset} ${YOURS-unset} ${TOKEN-unset} ${OPERATION-unset} ${SECRETS-unset}"'];
  const told = await machine.run([
    toy({ apply: [":"], report }, { YOURS: "a", TOKEN: new Secret("t", "canary-secret") }),
    toy({ apply: [":"], report }, { MINE: "b" }),
  ]);
  expect(told.steps.map((step) => step.report)).toEqual([
    "unset a canary-secret unset unset",
    "b unset unset unset unset",
  ]);
});
