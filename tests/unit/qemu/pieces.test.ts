import { expect, test } from "bun:test";
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { acceleration, runs } from "../../../providers/qemu/accelerator.ts";
import { type Launch, qemuArgv } from "../../../providers/qemu/argv.ts";
import { installing, missingPrograms } from "../../../providers/qemu/install.ts";
import {
  type Facts,
  factsOf,
  idOf,
  isThere,
  machineOf,
  makeDirectory,
  removeDirectory,
} from "../../../providers/qemu/machine.ts";
import { planLines } from "../../../providers/qemu/plan.ts";
import { hostKeysOn, serialTail } from "../../../providers/qemu/serial.ts";
import { worldFrom } from "../../../providers/qemu/world.ts";
import { programs, REQUEST, refusal, settingsIn } from "./world.ts";

const uuid = "11111111-2222-4333-8444-555555555555";
const ID = idOf({ name: "box", port: 22_345, uuid });
const X86 = { os: "linux", arch: "x86_64", debianArch: "amd64" } as const;
const ARM = { os: "linux", arch: "aarch64", debianArch: "arm64" } as const;

test("an id names a machine, and nothing else is one", () => {
  expect(ID).toBe(`box:22345:${uuid}`);
  expect(machineOf("/m", ID)).toMatchObject({ name: "box", port: 22_345, uuid, disk: "/m/box/disk.qcow2" });
  for (const wrong of [
    "",
    "box",
    `../etc:22345:${uuid}`,
    `a/b:22345:${uuid}`,
    `box:1:${uuid}`,
    `${ID}\n`,
    `box:22345:${uuid}/..`,
  ])
    expect(() => machineOf("/m", wrong)).toThrow("not an id");
});

test("a machine's directory is all its own or not there, whatever was cut short", async () => {
  const { home } = settingsIn();
  const machine = machineOf(home.machines, ID);
  const facts: Facts = { uuid, port: 22_345, cpus: 1, memory: 1, disk: 1, image: "auto", publicKeys: [] };
  expect(isThere(machine)).toBe(false);
  mkdirSync(join(home.machines, `.box.${uuid}.making`), { recursive: true });
  expect(isThere(machine)).toBe(true);
  makeDirectory(machine, facts);
  expect(factsOf(machine)).toEqual(facts);
  const other = machineOf(home.machines, idOf({ name: "box", port: 22_346, uuid: uuid.replace("1", "2") }));
  expect(factsOf(other)).toBeUndefined();
  expect((await refusal(async () => makeDirectory(other, facts))).message).toContain("is not of this machine");
  removeDirectory(other);
  expect(isThere(machine)).toBe(true);
  mkdirSync(join(home.machines, `.box.${uuid}.going`));
  removeDirectory(machine);
  removeDirectory(machine);
  expect(isThere(machine)).toBe(false);
});

test("the command line: loopback alone, no device that is not needed, and nothing that a comma could add", () => {
  const launch: Launch = {
    ...{ machine: machineOf("/home/a,b/m", ID), host: X86, cpus: 2, memory: 1.5, socket: "/run/q,mp" },
    ...{ accelerator: "kvm", boot: { kernel: ["ssh-ed25519 AAAA a,b"] } },
  };
  expect(qemuArgv(launch)).toMatchSnapshot();
  expect(qemuArgv({ ...launch, host: ARM, accelerator: "tcg", boot: { firmware: "/fw" } })).toMatchSnapshot();
});

test("the plan is the same on every computer", () => {
  expect(planLines({ ...REQUEST, image: "build" }).join("\n")).toMatchSnapshot();
});

const KEY = `ssh-ed25519 ${"A".repeat(68)}`;

test("host keys are read between cloud-init's marks, and nothing else is believed", () => {
  const block = (...lines: string[]) =>
    `noise\r\n-----BEGIN SSH HOST KEY KEYS-----\r\n${lines.join("\r\n")}\r\n-----END SSH HOST KEY KEYS-----\r\nmore`;
  expect(hostKeysOn(block(`${KEY} root@box`))).toEqual([KEY]);
  expect(hostKeysOn(block(KEY, `ecdsa-sha2-nistp256 ${"B".repeat(60)}= x`))).toHaveLength(2);
  expect(hostKeysOn(KEY)).toEqual([]);
  expect(hostKeysOn(`-----BEGIN SSH HOST KEY KEYS-----\n${KEY}\n`)).toEqual([]);
  for (const hostile of [
    `${KEY}\u001b[2J`,
    `* ${KEY}`,
    "ssh-ed25519 AA",
    `ssh-dss ${"A".repeat(60)}`,
    `${KEY}\0`,
    `@cert-authority ${KEY}`,
  ])
    expect(hostKeysOn(block(hostile))).toEqual([]);
  expect(hostKeysOn(block(...Array.from({ length: 50 }, () => KEY)))).toHaveLength(8);
});

test("the end of a console is read, however long it is", () => {
  const { home } = settingsIn();
  mkdirSync(join(home.machines, "box"), { recursive: true });
  const machine = machineOf(home.machines, ID);
  expect(serialTail(machine)).toEqual([]);
  const file = openSync(machine.serial, "w");
  writeSync(file, "\nlast but one\r\n\r\nlast\n", 3_000_000_000);
  closeSync(file);
  expect(serialTail(machine, 2).map((line) => line.replaceAll("\0", ""))).toEqual(["last but one", "last"]);
});

test("KVM is believed when it ran a program: QEMU's own, a QEMU that hangs, and one that fails", async () => {
  const world = worldFrom(settingsIn());
  expect(await runs(world, "tcg")).toBe(true);
  const kvm = join(world.home.machines, "kvm");
  mkdirSync(world.home.machines, { recursive: true });
  writeFileSync(kvm, "");
  for (const script of ["exec sleep 60", "exit 1", 'echo "$@" >&2; kill -ABRT $$']) {
    const env = { PATH: `${programs({ [`qemu-system-${world.host.arch}`]: script })}:/bin` };
    const began = Date.now();
    const { accelerator, words } = await acceleration({
      ...world,
      env,
      kvm,
      limits: { ...world.limits, accelerateMs: 300 },
    });
    expect({ accelerator, words }).toEqual({
      accelerator: "tcg",
      words: expect.stringContaining("nothing runs on it"),
    });
    expect(Date.now() - began).toBeLessThan(2000);
  }
  const good = `exit ${world.host.arch === "aarch64" ? 0 : 33}`;
  const env = { PATH: `${programs({ [`qemu-system-${world.host.arch}`]: good })}:/bin` };
  expect(await acceleration({ ...world, env, kvm })).toEqual({ accelerator: "kvm" });
  const mac = { ...world, env, host: { ...world.host, os: "darwin" } };
  expect(await acceleration(mac)).toEqual({ accelerator: "hvf" });
  expect((await acceleration(world)).words).toContain(`there is no ${world.kvm}`);
});

test("what is missing is named with this system's own command", () => {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  const commands = (manager: string, host: typeof X86 | typeof ARM) =>
    missingPrograms(host, { PATH: programs({ [manager]: "" }) }).map(({ what, next }) => `${what}: ${next}`);
  expect(commands("apt-get", X86)).toEqual([
    `qemu-system-x86_64: ${sudo}apt-get install --no-install-recommends qemu-system-x86 qemu-utils`,
    `qemu-img: ${sudo}apt-get install --no-install-recommends qemu-system-x86 qemu-utils`,
  ]);
  expect(commands("dnf", ARM)[0]).toBe(`qemu-system-aarch64: ${sudo}dnf install qemu-system-aarch64 qemu-img`);
  expect(commands("pacman", X86)[0]).toBe(`qemu-system-x86_64: ${sudo}pacman -S qemu-system-x86 qemu-img`);
  expect(commands("brew", ARM)[0]).toBe("qemu-system-aarch64: brew install qemu");
  expect(commands("other", X86)[0]).toContain("https://www.qemu.org/download/");
  const some = { PATH: programs({ "apt-get": "", "qemu-system-x86_64": "" }) };
  expect(missingPrograms(X86, some)).toEqual([
    {
      what: "qemu-img",
      next: `${sudo}apt-get install --no-install-recommends qemu-utils`,
      packages: ["qemu-utils"],
    },
  ]);
  expect(installing(X86, some, ["build"]).packages).toEqual(["mmdebstrap", "uidmap", "e2fsprogs"]);
});
