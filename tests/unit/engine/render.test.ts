// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Mode, needsOf, phasesOf, render } from "../../../steps/render.ts";
import { Secret } from "../../../steps/secret.ts";
import { type Plan, step } from "../../../steps/step.ts";
import { planOf, stepText, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const directory = join(import.meta.dir, "../../golden/scripts");

const FILE = `\
# A file with a greeting.
# needs: FILE LINES LOUD TIMES TOKEN

check() {
  [[ -s $FILE ]] && wanted | cmp -s - "$FILE"
}

# Said as often as told.
wanted() {
  local n
  for ((n = 0; n < TIMES; n++)); do
    printf '%s\\n' "\${LINES[@]}"
  done
  if $LOUD; then
    printf '%s\\n' "\${#TOKEN}"
  fi
}

apply() {
  wanted >"$FILE"
}

report() {
  stat -c %s "$FILE"
}
`;

const HOSTILE = `it's "one"\nline $(two) \`three\` \\ \t* é 🙂\n`;

function file(
  subject: string,
  values: { readonly LINES: readonly string[]; readonly LOUD: boolean; readonly TIMES: number },
) {
  const FILE_ = `/tmp/${subject}`;
  const TOKEN = new Secret("token", "a-secret-value");
  return step("toy/file", FILE, { FILE: FILE_, ...values, TOKEN }, { name: `file of ${subject}`, subject });
}

/** What is compared: a plan, its mode, and the file of its script. */
const GOLDEN: readonly { readonly name: string; readonly plan: Plan; readonly mode: Mode }[] = [
  {
    name: "steps-and-values",
    mode: "apply",
    plan: {
      operation: "vm reinit dev",
      locks: ["workspace-site", "init", "agent-claude", "init"],
      exclusive: false,
      steps: [
        file("claude", { LINES: ["-n", HOSTILE, ""], LOUD: true, TIMES: 2 }),
        file("o'brien", { LINES: [], LOUD: false, TIMES: 0 }),
        step(
          "toy/stamped",
          stepText({ apply: ['echo "$WORD"'] }),
          { WORD: "" },
          {
            ...{ name: `it's\t${HOSTILE}`, user: "agt-claude", fatal: false, limit: 0 },
          },
        ),
        step("toy/nothing-needed", stepText({ check: ["true"], apply: ["true"] }), {}, { name: "nothing" }),
      ],
    },
  },
  {
    name: "check-and-exclusive",
    mode: "check",
    plan: planOf([toy({ check: ["true"], apply: ["true"] }, {}, { id: "toy/true" })], {
      operation: "vm stop dev",
      exclusive: true,
    }),
  },
];

for (const { name, plan, mode } of GOLDEN) {
  const path = join(directory, `${name}.sh`);
  const { text } = render(plan, mode);

  test(`the script ${name} is the golden one, byte for byte`, () => {
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(path, text);
    expect(existsSync(path) ? readFileSync(path, "utf8") : "").toBe(text);
  });

  test(`the script ${name} is good bash`, () => {
    for (const argv of [
      ["bash", "-n"],
      ["shellcheck", "-"],
      ["shfmt", "-ln", "bash", "-i", "2", "-ci", "-d"],
    ]) {
      const { exitCode, stdout, stderr } = Bun.spawnSync(argv, { stdin: Buffer.from(text) });
      expect({ argv, exitCode, said: `${stdout}${stderr}` }).toEqual({ argv, exitCode: 0, said: "" });
    }
  });
}

test("every golden script belongs to a plan", () => {
  expect(readdirSync(directory).sort()).toEqual(GOLDEN.map(({ name }) => `${name}.sh`).sort());
});

test("the same plan gives the same bytes, whoever renders it, wherever and when", () => {
  const program = `
    const { render } = await import("${import.meta.dir}/../../../steps/render.ts");
    const { step } = await import("${import.meta.dir}/../../../steps/step.ts");
    const values = { B: "é🙂", A: ["z", "ä"], N: 1234567.5, YES: true };
    const plan = { operation: "o", locks: ["b", "a"], exclusive: false,
      steps: [step("toy/a", "apply() {\\n  :\\n}\\n", values, { name: "n" })] };
    console.log(render(plan, "apply").sha256);`;
  const under = (env: Record<string, string>, cwd: string) =>
    Bun.spawnSync([process.execPath, "-e", program], {
      env: { PATH: process.env.PATH ?? "", ...env },
      cwd,
    }).stdout.toString();
  const first = under({ TZ: "UTC", LANG: "C", HOME: "/root", USER: "root" }, "/");
  expect(first).toMatch(/^[0-9a-f]{64}\n$/);
  expect(under({ TZ: "Asia/Tokyo", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8", HOME: "/tmp", USER: "x" }, "/tmp")).toBe(
    first,
  );
});

test("no secret changes the bytes, and a truncated script does nothing", () => {
  const withToken = (value: string) =>
    render(planOf([toy({ apply: [":"] }, { T: new Secret("t", value) }, { id: "toy/t" })]), "apply");
  const one = withToken("first-secret");
  expect(withToken("other-secret").text).toBe(one.text);
  expect(one.text).toEndWith('{\n  main "$@"\n  exit\n}\n');
  for (const cut of [1, 2, 3, 8, 20, 200, 2000]) {
    const { stdout } = Bun.spawnSync(["bash"], { stdin: Buffer.from(one.text.slice(0, -cut - 1)) });
    expect(stdout.toString()).toBe("");
  }
});

test("what a step's file says of itself is read from it", () => {
  expect(needsOf(FILE)).toEqual(["FILE", "LINES", "LOUD", "TIMES", "TOKEN"]);
  expect(phasesOf(FILE)).toEqual(["check", "apply", "report"]);
  expect(needsOf("# Nothing.\n\napply() {\n  :\n}\n")).toEqual([]);
});
