import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readCase, runCase } from "../../golden/case.ts";
import { nextProblem } from "../../golden/next.ts";
import { at, type Operator } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";
import { difference, on } from "../machine/lab.ts";
import { operatorWithBash, sweep } from "./lab.ts";

const ERRORS = join(import.meta.dir, "..", "..", "golden", "errors");

let guest: Guest;
let operator: Operator;
let keys: string;
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorWithBash(guest);
  keys = await mkdtemp(join(tmpdir(), "agentworks-keys-"));
  // The state is there: what a case leaves is its own.
  await operator.run(["vm", "create", "dev", ...at(guest), "--non-interactive"]);
  for (const [name, passphrase] of Object.entries({ other: "", locked: "correct horse" }))
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", join(keys, name)]);
}, 300_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
  await rm(keys, { recursive: true, force: true });
});

/** Runs the case in a copy of the operator's home. */
async function hold(path: string): Promise<void> {
  const { exit, stderr, leaves, guest: prepare, after } = readCase(path);
  const home = await mkdtemp(join(tmpdir(), "agentworks-errors-"));
  await cp(operator.home, home, { recursive: true });
  const placeholders = {
    GUEST: guest.host,
    FINGERPRINT: guest.fingerprint,
    KEYS: keys,
    KEY: guest.privateKeyPath,
  };
  try {
    await on(guest, prepare);
    const outcome = await runCase(path, { executable: operator.program, home, placeholders });
    const seen = { ...outcome, stderr: stable(outcome.stderr), leaves: outcome.leaves.map(stable) };
    expect(seen).toEqual({ exit, stderr, stdout: "", leaves });
    expect(await nextProblem(stderr)).toBeUndefined();
  } finally {
    await on(guest, after);
    await rm(home, { recursive: true });
  }
}

/** Stamps, durations and how many steps a plan has, as a golden file has them. */
function stable(text: string): string {
  return text
    .replaceAll(/\d{8}T\d{6}Z/g, "TIME")
    .replaceAll(/\d+\.\ds/g, "0.0s")
    .replaceAll(/\d+ skipped\) in \d+s/g, "all others skipped) in 0s");
}

const casesIn = (folder: string) => [...new Bun.Glob(`${folder}/*.toml`).scanSync(ERRORS)].sort();

describe("a machine that is to be adopted", () => {
  let before: readonly string[];
  beforeAll(async () => {
    before = await sweep(guest);
  });

  for (const file of casesIn("fresh")) test(basename(file, ".toml"), () => hold(join(ERRORS, file)), 30_000);

  test("none of this has changed it", async () => {
    expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
  });
});

describe("a machine of ours", () => {
  let before: readonly string[];
  beforeAll(async () => {
    await operator.ok(["vm", "create", "dev", ...at(guest), "--yes", "--non-interactive"]);
    before = await sweep(guest);
  }, 30_000);

  for (const file of casesIn("adopted")) test(basename(file, ".toml"), () => hold(join(ERRORS, file)), 30_000);

  test("none of this has changed it", async () => {
    expect(difference(before, await sweep(guest))).toEqual({ gone: [], new: [] });
  });
});
