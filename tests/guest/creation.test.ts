import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { at, type Operator, operatorOf } from "./cli.ts";
import { bootGuest, carolPassword, type Guest } from "./harness/guest.ts";

setDefaultTimeout(120_000);
let guest: Guest;
let operator: Operator;

beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorOf(guest, { config: '[admin.config]\nshell = "bash"\n' });
});
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

/** What there is of ours on the guest. */
async function ours(): Promise<string> {
  const script =
    "ls -d /etc/agentworks /var/lib/agentworks /opt/agentworks 2>/dev/null; getent passwd agentworks || true";
  return (await guest.bash(script)).stdout;
}

const asCarol = () => at(guest).map((word) => word.replace(/^root@/, "carol@"));
const PASSWORD = ["sudo password of carol", `${carolPassword}\r`] as const;

test("all that is asked is asked before anything is changed: whoever says no to the last question changed nothing", async () => {
  const { code, unsent } = await operator.onTerminal(
    ["vm", "create", "dev", ...asCarol()],
    [PASSWORD, ["Go on?", "n"]],
  );
  expect([code, unsent]).toEqual([130, 0]);
  expect(await ours()).toBe("");
  expect(await operator.ok(["vm", "list", "--names-only"])).toBe("");
});

test("a creation that failed is kept, told as failed, and goes on with the same command when its cause is gone", async () => {
  await guest.bash("mkdir /etc/sudoers.d/agentworks");
  const failed = await operator.run(["vm", "create", "dev", ...at(guest), "--yes"]);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain("sudo for the admin");
  expect(failed.stderr).toContain("agentworks vm create dev");
  expect(await operator.json<object[]>(["vm", "list"])).toMatchObject([{ provisioning: "failed", init: "failed" }]);

  await guest.bash("rmdir /etc/sudoers.d/agentworks");
  const { code, unsent, shown } = await operator.onTerminal(
    ["vm", "create", "dev", ...asCarol()],
    [PASSWORD, ["Go on?", "y"]],
  );
  expect([code, unsent]).toEqual([0, 0]);
  // clack marks each question that was answered.
  expect(shown.match(/◇/g)?.length).toBe(2);
  expect(await operator.json<object[]>(["vm", "list"])).toMatchObject([{ provisioning: "complete", init: "complete" }]);
});

test("the admin's list of keys is replaced as a whole, never written into", async () => {
  const list = "/home/agentworks/.ssh/authorized_keys";
  const before = await guest.readFile(list);
  await guest.bash(`ln ${list} /home/agentworks/before`);
  const config = join(operator.home, "config.toml");
  const extra = join(operator.home, "extra.pub");
  await writeFile(
    extra,
    (await readFile(guest.publicKeyPath, "utf8")).replace(/ (?=\S+\s*$)/, " of another computer "),
  );
  await writeFile(
    config,
    (await readFile(config, "utf8")).replace("[operator]", `[operator]\nextra_ssh_public_keys = ["${extra}"]`),
  );
  await operator.ok(["vm", "reinit", "dev"]);
  expect(await guest.readFile(list)).toBe(`${before}${await readFile(extra, "utf8")}`);
  expect(await guest.readFile("/home/agentworks/before")).toBe(before);
});
