import { afterAll, beforeAll, expect, test } from "bun:test";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dryRunOf, dryRuns } from "../../matrix/dry-runs.ts";
import { seed } from "../../matrix/seed.ts";
import { type Operator, operatorOf } from "../cli.ts";

const ROWS = await dryRuns();

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  seed(operator.home);
  await rm(join(operator.home, "..", "id_ed25519"));
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

/** On a computer of another name that has no network at all. */
function offline(argv: readonly string[]) {
  const alone = ["unshare", "--net", "--uts", "bash", "-c", 'hostname elsewhere && exec "$@"', "-"];
  const { exitCode, stdout, stderr } = Bun.spawnSync([...alone, operator.program, ...argv], { env: operator.env });
  return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
}

test.each([...ROWS])("$command --dry-run needs no network, no key, and no name of this computer", async (row) => {
  const argv = dryRunOf(row);
  const { code, stdout, stderr } = await operator.run(argv);
  expect(code).toBe(row.exit ?? 0);
  expect(offline(argv)).toEqual({ code, stdout, stderr });
});
