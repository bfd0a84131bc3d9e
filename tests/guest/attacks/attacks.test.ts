import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { testAnswers } from "./answers.ts";
import { ATTACH_ATTACKS, culprits, layPayload } from "./attach.ts";
import { testAttacks } from "./attack.ts";
import { FILE_ATTACKS, hideThings } from "./files.ts";
import { testForwarding } from "./forwarding.ts";
import { PROCESS_ATTACKS } from "./processes.ts";
import { buryTreasure, testRemoval } from "./removal.ts";
import { leaveDoors, RIGHT_ATTACKS } from "./rights.ts";
import { bootTarget, type Target } from "./target.ts";

setDefaultTimeout(90_000);
let target: Target;
const get = () => target;
beforeAll(async () => {
  target = await bootTarget();
  await hideThings(target);
  await leaveDoors(target);
  await layPayload(target);
  await buryTreasure(target);
}, 300_000);
afterAll(() => target?.[Symbol.asyncDispose]());

testAttacks([...FILE_ATTACKS, ...PROCESS_ATTACKS, ...RIGHT_ATTACKS, ...ATTACH_ATTACKS], get);
testForwarding(get);

test("every wall stands again", async () => {
  const { code, stdout, stderr } = await target.agw("vm", "plan", "dev");
  expect(`${stdout}${stderr}`).not.toMatch(/^(changed|would)/m);
  expect(code).toBe(0);
});

testAnswers(get, culprits);
testRemoval(get);
