import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { runtimeOf } from "../../build/runtimes.ts";
import { isDarwin, isWindows, programName, RUNTIME_VERSION, TARGETS, type Target } from "../../build/targets.ts";
import packageJson from "../../package.json" with { type: "json" };
import { operatorOf } from "../guest/cli.ts";
import { type Head, headOf, signatureFaults } from "./build/executables.ts";

const ROOT = join(import.meta.dir, "..", "..");
const DIST = join(ROOT, "dist");
const RELEASE = join(DIST, "release");
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "agentworks", "runtimes");
/** A first build fetches all runtimes. */
const LIMIT_MS = 600_000;

const HEADS: Readonly<Record<string, Head>> = {
  "linux-x64": { format: "ELF", machine: "x64", executable: true, needs: "/lib64/ld-linux-x86-64.so.2" },
  "linux-arm64": { format: "ELF", machine: "arm64", executable: true, needs: "/lib/ld-linux-aarch64.so.1" },
  "linux-x64-musl": { format: "ELF", machine: "x64", executable: true, needs: "/lib/ld-musl-x86_64.so.1" },
  "linux-arm64-musl": { format: "ELF", machine: "arm64", executable: true, needs: "/lib/ld-musl-aarch64.so.1" },
  "darwin-x64": { format: "Mach-O", machine: "x64", executable: true },
  "darwin-arm64": { format: "Mach-O", machine: "arm64", executable: true },
  "windows-x64": { format: "PE", machine: "x64", executable: true, needs: "console" },
  "windows-arm64": { format: "PE", machine: "arm64", executable: true, needs: "console" },
};

/** Those that this computer can run, and how. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  "linux-x64": [],
  "linux-x64 on a processor of 2008": ["qemu-x86_64", "-cpu", "Nehalem"],
  "linux-arm64": ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"],
};

const scratch = mkdtempSync(join(tmpdir(), "agentworks-build-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const built = (target: Target): string => join(DIST, target.name, programName(target));
const folder = (target: Target): string => `agentworks-${packageJson.version}-${target.name}`;
const archive = (target: Target): string => `${folder(target)}${isWindows(target) ? ".zip" : ".tar.gz"}`;
const sums = (): string => readFileSync(join(RELEASE, "SHA256SUMS"), "utf8");

function run(argv: readonly string[], options: { readonly cwd?: string; readonly env?: Record<string, string> } = {}) {
  const env = { ...process.env, ...options.env };
  const { exitCode, stdout, stderr } = Bun.spawnSync([...argv], { cwd: options.cwd ?? ROOT, env, stdin: "ignore" });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

const build = (argv: readonly string[], env?: Record<string, string>) =>
  run([process.execPath, "build.ts", ...argv], { ...(env !== undefined && { env }) });

const unexpected = (words: string): never => {
  throw new Error(words);
};

beforeAll(() => {
  const { code, stderr } = build(["--release"]);
  if (code !== 0) throw new Error(`the build failed: ${stderr}`);
}, LIMIT_MS);

test("every target has its executable, its archive and its sum", () => {
  const archives = TARGETS.map(archive).sort();
  expect(readdirSync(RELEASE).sort()).toEqual(["SHA256SUMS", ...archives]);
  expect(
    sums()
      .replaceAll(/^[0-9a-f]{64} {2}/gm, "")
      .split("\n"),
  ).toEqual([...archives, ""]);
  expect(run(["sha256sum", "--check", "--strict", "SHA256SUMS"], { cwd: RELEASE })).toMatchObject({ code: 0 });
  expect(readdirSync(DIST).filter((name) => name.startsWith(".build-"))).toEqual([]);
});

for (const target of TARGETS) {
  describe(target.name, () => {
    test("is an executable of its system and its processor", () => {
      expect(HEADS[target.name]).toEqual(headOf(readFileSync(built(target))));
    });

    test("hears no variable that reaches the runtime", async () => {
      const runtime = Buffer.from(await runtimeOf(target, unexpected));
      const bytes = readFileSync(built(target));
      // A word of the runtime that stays, to show that in the program all is where the runtime has it.
      const word = runtime.indexOf("\0NODE_EXTRA_CA_CERTS\0");
      expect(bytes.indexOf("\0NODE_EXTRA_CA_CERTS\0")).toBe(word);
      for (const name of [
        "BUN_OPTIONS",
        "BUN_BE_BUN",
        "BUN_INSPECT",
        "BUN_INSPECT_CONNECT_TO",
        "BUN_INSPECT_PRELOAD",
      ]) {
        const at = runtime.indexOf(`\0${name}\0`);
        const place = bytes.subarray(at, at + name.length + 2);
        expect([name, at > 0, place.equals(Buffer.alloc(place.length))]).toEqual([name, true, true]);
        expect(runtime.indexOf(`\0${name}\0`, at + 1)).toBe(-1);
      }
    });

    if (isDarwin(target)) {
      test("has an ad hoc signature that fits every page", () => {
        const bytes = readFileSync(built(target));
        expect(signatureFaults(bytes)).toEqual([]);
        bytes.writeUInt8(bytes.readUInt8(5 * 4096) ^ 1, 5 * 4096);
        expect(signatureFaults(bytes)).toEqual(["page 5"]);
      });
    }

    test("unpacks to the same bytes, and what belongs to it", () => {
      const into = join(scratch, target.name);
      mkdirSync(into);
      const tool = isWindows(target) ? ["unzip", "-q"] : ["tar", "-xzf"];
      expect(run([...tool, join(RELEASE, archive(target))], { cwd: into })).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
      const found = join(into, folder(target));
      const short = isWindows(target) ? "agw.cmd" : "agw";
      expect(readdirSync(found).sort()).toEqual(["LICENSE", "README.md", programName(target), short].sort());
      for (const [name, source] of [
        [programName(target), built(target)],
        ["LICENSE", join(ROOT, "LICENSE")],
        ["README.md", join(ROOT, "README.md")],
      ] as const)
        expect(readFileSync(join(found, name)).equals(readFileSync(source))).toBe(true);
      const modes = run(["find", ".", "-printf", "%M %f %l\n"], { cwd: found }).stdout;
      expect(modes).toContain(`-rwxr-xr-x ${programName(target)} \n`);
      expect(modes).toContain("-rw-r--r-- LICENSE \n");
      expect(modes).toContain(isWindows(target) ? "-rw-r--r-- agw.cmd \n" : "lrwxrwxrwx agw agentworks\n");
    });
  });
}

test("what archives say of their files is the same everywhere", () => {
  const [linux, windows] = ["linux-x64", "windows-x64"].map((name) => TARGETS.find((target) => target.name === name));
  if (linux === undefined || windows === undefined) throw new Error("a target has gone");
  const env = { TZ: "UTC" };
  const tar = run(["tar", "--list", "--verbose", "--full-time", "-zf", join(RELEASE, archive(linux))], { env }).stdout;
  const heads = tar
    .trim()
    .split("\n")
    .map((line) => line.replace(/ +\d+ /, " "));
  expect(heads).toEqual([
    `-rw-r--r-- root/root 1985-10-26 08:15:00 ${folder(linux)}/LICENSE`,
    `-rw-r--r-- root/root 1985-10-26 08:15:00 ${folder(linux)}/README.md`,
    `-rwxr-xr-x root/root 1985-10-26 08:15:00 ${folder(linux)}/agentworks`,
    `lrwxrwxrwx root/root 1985-10-26 08:15:00 ${folder(linux)}/agw -> agentworks`,
  ]);
  const { code, stdout } = run(["unzip", "-Z", "-T", join(RELEASE, archive(windows))], { env });
  expect({ code, dates: [...stdout.matchAll(/19851026\.081500 (\S+)$/gm)].map(([, name]) => name) }).toEqual({
    code: 0,
    dates: ["LICENSE", "README.md", "agentworks.exe", "agw.cmd"].map((name) => `${folder(windows)}/${name}`),
  });
});

describe("a program that this computer can run", () => {
  for (const [name, runner] of Object.entries(RUNNERS)) {
    test(name, async () => {
      const program = join(DIST, name.split(" ")[0] ?? "", "agentworks");
      await using operator = await operatorOf(undefined);
      const argv = ["vm", "create", "dev", "--host", "root@192.0.2.1", "--dry-run"];
      const ours = (words: readonly string[], env: Record<string, string> = {}) =>
        run([...runner, program, ...words], { env: { ...operator.env, ...env } });
      expect(ours(["--version"])).toEqual({ code: 0, stdout: `agentworks ${packageJson.version}\n`, stderr: "" });
      expect(ours(["--version"], { BUN_BE_BUN: "1", BUN_OPTIONS: "--print 1" })).toEqual(ours(["--version"]));
      expect(JSON.parse(ours(["vm", "list", "--json"]).stdout)).toMatchObject({ command: "vm.list", data: [] });
      const script = ours(argv);
      expect(script.code).toBe(0);
      expect(script.stdout.length).toBeGreaterThan(10_000);
      expect(script.stdout).toBe(await operator.ok(argv));
    });
  }
});

test(
  "a second build gives the same bytes",
  () => {
    const before = sums();
    const again = TARGETS.filter(({ name }) => ["linux-arm64", "darwin-x64", "windows-x64"].includes(name));
    expect(build(["--release", ...again.map(({ name }) => name)])).toMatchObject({ code: 0 });
    const kept = before.split("\n").filter((line) => again.some((target) => line.endsWith(`  ${archive(target)}`)));
    expect(sums()).toBe(`${kept.join("\n")}\n`);
  },
  LIMIT_MS,
);

describe("a runtime", () => {
  const [target] = TARGETS.filter(({ name }) => name === "windows-arm64");
  if (target === undefined) throw new Error("a target has gone");
  const packed = `${target.runtime}-${RUNTIME_VERSION}.tgz`;

  /** A cache of its own with these bytes in it, and an npm that packs `from`. */
  function world(name: string, bytes: Uint8Array, from: string): Record<string, string> {
    const home = join(scratch, name);
    mkdirSync(join(home, "agentworks", "runtimes"), { recursive: true });
    writeFileSync(join(home, "agentworks", "runtimes", packed), bytes);
    const npm = `#!/bin/bash\nset -e\n[[ "$*" == "pack --silent --pack-destination $4 @oven/${target?.runtime}@${RUNTIME_VERSION}" ]]\ncp '${from}' "$4/some.tgz"\n`;
    writeFileSync(join(home, "npm"), npm);
    chmodSync(join(home, "npm"), 0o755);
    return { XDG_CACHE_HOME: home, PATH: `${home}:${process.env.PATH}` };
  }
  const half = (): Uint8Array => readFileSync(join(CACHE, packed)).subarray(0, 1_000_000);

  test("that was cut short in the cache is fetched again", () => {
    const env = world("cut", half(), join(CACHE, packed));
    expect(build([target.name], env)).toMatchObject({ code: 0, stderr: expect.stringContaining("fetching @oven/") });
    const now = readFileSync(join(scratch, "cut", "agentworks", "runtimes", packed));
    expect(now.equals(readFileSync(join(CACHE, packed)))).toBe(true);
    expect(build([target.name], env).stderr).not.toContain("fetching");
  });

  test("with another sum is refused, and nothing changes", () => {
    const strange = join(scratch, "strange.tgz");
    writeFileSync(strange, half());
    const before = readFileSync(built(target));
    const { code, stderr } = build([target.name], world("strange", half(), strange));
    expect(code).toBe(1);
    expect(stderr).toContain(`${target.name}: @oven/${target.runtime}@${RUNTIME_VERSION} is not what build/targets.ts`);
    expect(readFileSync(built(target)).equals(before)).toBe(true);
    expect(readdirSync(join(scratch, "strange", "agentworks", "runtimes"))).toEqual([packed]);
    expect(readdirSync(DIST).filter((name) => name.startsWith(".build-"))).toEqual([]);
  });

  test("that npm cannot fetch is an error that says so", () => {
    const { code, stderr } = build([target.name], world("away", half(), "/nowhere"));
    expect(code).toBe(1);
    expect(stderr).toMatch(/Error: windows-arm64: npm pack .* ended with 1: cp: .*\nNext: the same again/s);
  });

  test("has the sum that npm wrote down for it", () => {
    const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")).packages;
    const known = TARGETS.filter(({ runtime }) => lock[`node_modules/@oven/${runtime}`] !== undefined);
    expect(known.length).toBeGreaterThanOrEqual(4);
    for (const { runtime, integrity } of known)
      expect(lock[`node_modules/@oven/${runtime}`]).toMatchObject({ version: RUNTIME_VERSION, integrity });
    expect(packageJson.devDependencies.bun).toBe(RUNTIME_VERSION);
  });
});

test("a target or flag that does not exist is refused, and the others are named", () => {
  for (const argv of [["linux-x86"], ["--relaese"], ["--single", "linux-x64"]]) {
    const { code, stderr } = build(argv);
    expect({ code, usage: stderr.includes("linux-arm64-musl") }).toEqual({ code: 2, usage: true });
  }
});

test("what a killed build left is removed by the next", () => {
  const abandoned = join(DIST, ".build-4194304-abandoned");
  mkdirSync(abandoned);
  expect(build(["--single"])).toMatchObject({ code: 0 });
  expect(existsSync(abandoned)).toBe(false);
});
