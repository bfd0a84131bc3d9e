import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../executable.ts";

const root = mkdtempSync(join(tmpdir(), "agw-hostile-"));
const hostile = join(root, "directory");
const trace = join(root, "trace");
afterAll(() => rmSync(root, { recursive: true }));

/** A program as Bun compiles it without our precautions: what is attacked in vain below works on this one. */
const careless = join(root, "careless");

beforeAll(async () => {
  mkdirSync(join(hostile, "node_modules", "zod"), { recursive: true });
  const evil = `require("node:fs").writeFileSync(${JSON.stringify(trace)}, "evil code ran")`;
  const files = {
    "evil.ts": evil,
    "node_modules/zod/index.js": evil,
    "bunfig.toml": 'preload = ["./evil.ts"]\n',
    ".env": `AGENTWORKS_HOME=${root}/elsewhere\nAGW_DEBUG=1\n`,
    "tsconfig.json": '{"compilerOptions":{"baseUrl":".","paths":{"*":["./evil.ts"]}}}',
    "package.json": '{"name":"agentworks","imports":{"#*":"./evil.ts"},"type":"commonjs"}',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(hostile, name), text);
  const source = join(root, "careless.ts");
  writeFileSync(source, "console.log(process.env.AGENTWORKS_HOME);");
  await Bun.build({ entrypoints: [source], target: "bun", compile: { outfile: careless } });
});

/** Environments that make Bun run, or become, something else. */
const environments: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ["BUN_OPTIONS", { BUN_OPTIONS: "--preload ./evil.ts" }],
  ["BUN_BE_BUN", { BUN_BE_BUN: "1" }],
  ["BUN_INSPECT", { BUN_INSPECT: "127.0.0.1:0" }],
  ["BUN_INSPECT_PRELOAD", { BUN_INSPECT_PRELOAD: "./evil.ts" }],
  ["NODE_OPTIONS", { NODE_OPTIONS: "--require ./evil.ts" }],
  ["NODE_PATH", { NODE_PATH: "./node_modules" }],
];

function runIn(cwd: string, program: string, argv: readonly string[], env: Readonly<Record<string, string>>) {
  rmSync(trace, { force: true });
  const child = Bun.spawnSync([program, ...argv], {
    cwd,
    env: { PATH: process.env.PATH, HOME: join(root, "home"), ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
    timeout: 20_000,
  });
  return {
    code: child.exitCode,
    stdout: child.stdout.toString(),
    stderr: child.stderr.toString(),
    evil: existsSync(trace),
  };
}

describe("the executable in a hostile directory", () => {
  test("runs nothing of it, and reads no setting of it", () => {
    const program = executable();
    expect(runIn(hostile, program, ["--version"], {})).toEqual({
      code: 0,
      stdout: "agentworks 0.4.0\n",
      stderr: "",
      evil: false,
    });
    const list = runIn(hostile, program, ["vm", "list", "--json"], {});
    expect(list).toMatchObject({ code: 0, stderr: "", evil: false });
    expect(list.stdout).toStartWith('{"schema":"agentworks/v1","command":"vm.list"');
    expect(existsSync(join(root, "elsewhere"))).toBe(false);
  });

  for (const [name, env] of environments) {
    test(`runs its own code with ${name}`, () => {
      const program = executable();
      for (const argv of [["--version"], ["vm", "list"]]) {
        const plain = runIn(root, program, argv, {});
        expect(runIn(hostile, program, argv, env)).toEqual(plain);
        expect(plain).toMatchObject({ code: 0, evil: false });
      }
      expect(runIn(hostile, program, [join(hostile, "evil.ts")], env)).toMatchObject({ code: 2, evil: false });
    });
  }

  test("passes none of it on to the programs that it starts", () => {
    const [bin, key, config] = [join(root, "bin"), join(root, "key"), join(root, "config.toml")];
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
    writeFileSync(config, `operator = { ssh_public_key = "${key}.pub", ssh_private_key = "${key}" }\n`);
    mkdirSync(bin);
    for (const name of ["ssh", "ssh-keygen", "ssh-keyscan", "ssh-add"]) {
      writeFileSync(join(bin, name), `#!/bin/sh\nenv >>"${root}/child-env"\nexit 255\n`);
      chmodSync(join(bin, name), 0o755);
    }
    const env = { BUN_OPTIONS: "--smol", BUN_BE_BUN: "0", KEPT: "yes", PATH: `${bin}:${process.env.PATH}` };
    const adopt = ["vm", "create", "dev", "--platform", "ssh", "--host", "127.0.0.1", "--non-interactive", "--yes"];
    runIn(hostile, executable(), [...adopt, "--config", config], env);
    const seen = readFileSync(join(root, "child-env"), "utf8");
    expect(seen).toContain("KEPT=yes");
    expect(seen).not.toContain("BUN_");
  });
});

describe("the same attacks on a program that is not protected", () => {
  test("work", () => {
    expect(runIn(hostile, careless, [], {})).toMatchObject({ stdout: `${root}/elsewhere\n`, evil: true });
    expect(runIn(root, careless, [], { BUN_OPTIONS: `--preload ${hostile}/evil.ts` })).toMatchObject({ evil: true });
    expect(runIn(root, careless, [join(hostile, "evil.ts")], { BUN_BE_BUN: "1" })).toMatchObject({ evil: true });
  });
});
