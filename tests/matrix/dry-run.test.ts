import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { documentOf, dryRun } from "../schemas/document.ts";
import { dryRunOf, dryRuns } from "./dry-runs.ts";
import { pictureOf, seed } from "./seed.ts";

/** What no output, no log and no row may ever show. */
const CANARY = "canary+Zl9/kept:secret=";
const FORMS = [CANARY, encodeURIComponent(CANARY), Buffer.from(CANARY).toString("base64").replace(/=+$/, "")];

const ROWS = await dryRuns();

let operator: Operator;
/** Made by any command of the configuration that is run. */
let touched: string;
let privateKey: string;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  const directory = join(operator.home, "..");
  touched = join(directory, "touched");
  privateKey = join(directory, "id_ed25519");
  writeFileSync(join(directory, "canary"), CANARY);
  const config = join(operator.home, "config.toml");
  const command = JSON.stringify(`touch ${touched}; cat ${join(directory, "canary")}`);
  writeFileSync(config, `${readFileSync(config, "utf8")}${secretive(command)}`);
  seed(operator.home);
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

/** Everything in a configuration that leads to a secret. */
function secretive(command: string): string {
  return `
[secrets.told]
command = ${command}
[secrets.given]
env = "CANARY"
[git_credentials.github]
type = "github"
token_command = ${command}
[tailscale]
auth_key_command = ${command}
[vm_templates.secretive.env]
TOKEN = { secret = "told" }
[agent_templates.secretive]
git_credentials = ["github"]
env = { TOKEN = { secret = "given" } }
[session_templates.secretive.env]
TOKEN = { secret = "told" }
`;
}

/** The operator with secrets in the environment, too. */
const withCanaries = (): Operator =>
  operator.with({ CANARY, TAILSCALE_AUTH_KEY: CANARY, GITHUB_TOKEN: CANARY, AZURE_CLIENT_SECRET: CANARY });

/** The same operator on another day's computer: no programs, no private key. */
const elsewhere = (): Operator =>
  operator.with({
    ...{ PATH: "/nonexistent", TZ: "Asia/Kathmandu", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
    ...{ HOME: "/nonexistent", USER: "other", LOGNAME: "other", COLUMNS: "40", TERM: "xterm-kitty" },
  });

function judged(program: readonly string[], script: string): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([...program], { stdin: Buffer.from(script), stdout: "pipe" });
  return exitCode === 0 ? "" : `${program[0]} ended with ${exitCode}: ${stdout}${stderr}`;
}

for (const row of ROWS) {
  const argv = dryRunOf(row);
  describe(argv.join(" "), () => {
    const refused = (row.exit ?? 0) !== 0;

    test("prints what bash and shellcheck accept, changes nothing, and shows no secret", async () => {
      const before = pictureOf(operator.home);
      const { code, stdout, stderr } = await withCanaries().run(argv);
      expect(code).toBe(row.exit ?? 0);
      if (refused) expect(stderr).toContain(row.says);
      expect(judged(["bash", "-n"], stdout)).toBe("");
      expect(judged(["shellcheck", "--shell=bash", "-"], stdout)).toBe("");
      const key = readFileSync(privateKey, "utf8").split("\n")[2] ?? "";
      for (const form of [...FORMS, key]) expect(stdout + stderr).not.toContain(form);
      expect(pictureOf(operator.home)).toEqual(before);
      expect(existsSync(touched)).toBe(false);
    });

    test("prints the same bytes elsewhere, without programs and without the private key", async () => {
      const { stdout } = await operator.run(argv);
      await rename(privateKey, `${privateKey}.away`);
      try {
        expect(await elsewhere().run(argv)).toMatchObject({ code: row.exit ?? 0, stdout });
      } finally {
        await rename(`${privateKey}.away`, privateKey);
      }
    });

    if (refused) return;
    test("--json holds the same scripts, and their sums", async () => {
      const { stdout } = await operator.run(argv);
      const printed = await operator.ok(["--json", ...argv]);
      expect(printed.trimEnd().split("\n")).toHaveLength(1);
      const { data } = documentOf(row.command, dryRun).parse(JSON.parse(printed));
      for (const { sha256, text } of data.scripts) {
        expect(createHash("sha256").update(text).digest("hex")).toBe(sha256);
        expect(stdout).toContain(text.trimEnd());
        expect(stdout).toContain(sha256);
      }
      expect(stdout.split("sha256 ").length - 1).toBe(data.scripts.length);
    });
  });
}

describe("a secret", () => {
  const HOST = ["--host", "root@192.0.2.7", "--host-key", "SHA256:A"];
  test.each([
    [["vm", "create", "novel", ...HOST, "--template", "secretive", "--dry-run"], 0],
    [["agent", "create", "novel", "--vm", "dev", "--template", "secretive", "--dry-run"], 0],
    [["session", "create", "novel", "--workspace", "site", "--admin", "--template", "secretive", "--dry-run"], 2],
    [["workspace", "create", "novel", "--vm", "dev", "--repo", `https://me:${FORMS[1]}@example.org/x`, "--dry-run"], 2],
  ] as const)("of %j is not shown", async (argv, expected) => {
    const before = pictureOf(operator.home);
    const { code, stdout, stderr } = await withCanaries().run(argv);
    expect(code).toBe(expected);
    for (const form of FORMS) expect(stdout + stderr).not.toContain(form);
    expect(pictureOf(operator.home)).toEqual(before);
    expect(existsSync(touched)).toBe(false);
  });
});
