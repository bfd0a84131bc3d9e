import { expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Desk, freshDesk } from "./desk.ts";

/** A Debian without QEMU, as root, whose apt does what a script says. */
function debian(install: string): Desk {
  const desk = freshDesk();
  desk.link("bash", "env", "stat", "find", "grep", "sed", "sort", "comm", "sleep", "chmod", "mmdebstrap", "mkfs.ext4");
  desk.program("dpkg-query", "exit 1");
  desk.program("dpkg", "exit 0");
  desk.program(
    "apt-get",
    `echo "apt-get $*" >>"$HOME/asked"
case " $* " in
*" -s "*) for package in qemu-system-x86 qemu-utils; do echo "Inst $package (1)"; done ;;
*" install "*) ${install} ;;
esac`,
  );
  return desk;
}

const log = ({ own }: Desk) => {
  const names = readdirSync(join(own, "logs")).filter((name) => /^quickstart-\d{8}T\d{6}Z-quickstart\.log$/.test(name));
  return names.map((name) => readFileSync(join(own, "logs", name), "utf8")).join("");
};

test("what is missing is installed by apt as root on Debian, when that is answered with yes", () => {
  const desk = debian(
    'echo "Setting up qemu"; printf "#!/bin/bash\\nexit 1\\n" >"$HOME/bin/qemu-system-x86_64"; cp "$HOME/bin/qemu-system-x86_64" "$HOME/bin/qemu-img"; chmod +x "$HOME"/bin/qemu-*',
  );
  desk.link("cp");
  const asked = desk.run("--non-interactive");
  expect(asked).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("with --yes") });
  expect(existsSync(join(desk.home, "asked"))).toBe(false);
  const { stderr } = desk.run("--yes");
  expect(stderr).toContain("ok  apt: qemu-system-x86 qemu-utils (changed");
  expect(stderr).toContain(
    "programs made: qemu-system-x86, qemu-utils (this computer lacked qemu-system-x86_64, qemu-img)",
  );
  expect(readFileSync(join(desk.home, "asked"), "utf8")).toContain(
    " install --no-install-recommends --no-remove -- qemu-system-x86 qemu-utils\n",
  );
  expect(log(desk)).toContain("Setting up qemu\n");
  expect(desk.run("--remove", "--yes").stderr).toContain("programs kept: qemu-system-x86 qemu-utils (");
});

test("an apt that fails is told with its last words and its log", () => {
  const desk = debian('echo "E: Unable to locate package qemu-utils" >&2; exit 100');
  const { code, stderr } = desk.run("--yes");
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /Error: apt did not install qemu-system-x86, qemu-utils: E: Unable to locate package qemu-utils \(log: .*\.log\)\.\nNext: apt-get install --no-install-recommends qemu-system-x86 qemu-utils\n$/,
  );
  expect(log(desk)).toContain("E: Unable to locate package qemu-utils");
  expect(readdirSync(join(desk.own, "logs")).filter((name) => name.startsWith("apt-"))).toEqual([]);
});

test("where there is no apt the command of that system is told, and nothing is asked", () => {
  const desk = freshDesk();
  desk.program("dnf", "exit 1");
  const { code, stderr } = desk.run("--yes");
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      "Error: This computer lacks qemu-system-x86_64, qemu-img.\nNext: dnf install qemu-system-x86 qemu-img, then agentworks quickstart\n",
    ),
  });
});
