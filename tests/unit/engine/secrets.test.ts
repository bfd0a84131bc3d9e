// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { render } from "../../../steps/render.ts";
import { redactor, Secret, secretProblem } from "../../../steps/secret.ts";
import { planOf, sandbox, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const machine = sandbox();
afterAll(() => machine.dispose());

const CANARY = "canary-5ecret-Value";
const BASE64 = Buffer.from(CANARY).toString("base64");

/** Command lines and environments of all processes, for as long as `until` is pending. */
async function watchProcesses(until: Promise<unknown>): Promise<string> {
  let seen = "";
  let done = false;
  void until.finally(() => {
    done = true;
  });
  while (!done) {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
      for (const file of ["cmdline", "environ"]) {
        try {
          seen += readFileSync(`/proc/${pid}/${file}`, "latin1");
        } catch {
          // It has ended.
        }
      }
    }
    await Bun.sleep(5);
  }
  return seen;
}

/** Every file below a directory with CANARY in it, in either form. */
function filesWithCanary(directory: string): readonly string[] {
  const found = Bun.spawnSync(["grep", "-rlaF", "-e", CANARY, "-e", BASE64, directory]);
  return found.stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "");
}

test("a secret reaches its step and nothing else: no argument, environment, file, event or log", async () => {
  const secret = new Secret("token", CANARY);
  const plan = planOf([
    toy({ apply: ["[[ ${#TOKEN} -eq 19 && $TOKEN == canary* ]]", "sleep 0.6"] }, { TOKEN: secret }),
    toy({ apply: [`grep -rlaF ${CANARY.slice(0, 6)}-5 /run /var/lib || true`] }),
  ]);
  const script = render(plan, "apply");
  expect(script.text).not.toContain(CANARY);
  expect(script.text).not.toContain(BASE64);
  const whileRunning: string[] = [];
  const running = machine.run(plan, {
    onEvent: (event) => {
      if (event.kind === "started") whileRunning.push(...filesWithCanary(machine.directory));
    },
  });
  const processes = await watchProcesses(running);
  const told = await running;
  expect(told.outcome).toBe("complete");
  expect(processes).toContain("agentworks/runs");
  expect(processes).not.toContain(CANARY);
  expect(processes).not.toContain(BASE64);
  expect(whileRunning).toEqual([]);
  expect(filesWithCanary(machine.directory)).toEqual([]);
  expect(JSON.stringify([told.events, told.log])).not.toContain("canary");
});

test("the control: a value that is no secret is in the script, and is found", async () => {
  await machine.run([toy({ apply: [":"] }, { TOKEN: CANARY })]);
  expect(filesWithCanary(machine.directory)).toHaveLength(1);
});

test("one secret that two steps use travels once; two of the same name stay two", async () => {
  const report = ['printf "%s" "$TOKEN"'];
  const [a, b] = [new Secret("token", "first-value"), new Secret("token", "other-value")];
  const steps = [a, b, a].map((TOKEN) => toy({ apply: [":"], report }, { TOKEN }));
  expect(render(planOf(steps), "apply").secrets).toEqual([a, b]);
  const told = await machine.run(steps);
  expect(told.steps.map((step) => step.report)).toEqual(["first-value", "other-value", "first-value"]);
});

test("secrets of 100 KiB arrive", async () => {
  const TOKEN = new Secret("key", "k".repeat(100_000));
  const told = await machine.run([toy({ apply: [":"], report: ['printf "%s" "${#TOKEN}"'] }, { TOKEN })]);
  expect(told.steps[0]?.report).toBe("100000");
});

test("what is printed of a secret is its name", () => {
  const secret = new Secret("token", CANARY);
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ a: [secret] }),
    Bun.inspect(secret),
  ];
  for (const text of shown) {
    expect(text).toContain("[secret token]");
    expect(text).not.toContain("canary");
  }
});

test("a secret that is too short to be redacted is refused", () => {
  expect(secretProblem("12345")).toContain("shorter than 6");
  expect(secretProblem("123456")).toBeUndefined();
  expect(() => new Secret("pin", "12345")).toThrow("secret pin: it is shorter than 6 characters");
});

const HOSTILE = `p$&ss '"wörd!*()+/%\\ ~`;
const redact = redactor([new Secret("$&", HOSTILE), new Secret("key", `-----BEGIN-----\n${CANARY}\r\nlast line`)]);

test.each([
  ["as it is", HOSTILE],
  ["encodeURIComponent", encodeURIComponent(HOSTILE)],
  ["small hex digits", encodeURIComponent(HOSTILE).replace(/%../g, (code) => code.toLowerCase())],
  ["a form", new URLSearchParams({ a: HOSTILE }).toString().slice(2)],
  ["JSON", JSON.stringify(HOSTILE).slice(1, -1)],
  ["one line of a secret of several", CANARY],
  ["the whole of a secret of several", `-----BEGIN-----\n${CANARY}\r\nlast line`],
])("masked: %s", (_, text) => {
  expect(redact(`before ${text} after`)).toMatch(/^before \[secret (\$&|key)\] after$/);
});

test("masked: base64, whatever stands before and after, in both alphabets", () => {
  for (const before of ["", "a", "ab", "abc", "user:"]) {
    for (const alphabet of ["base64", "base64url"] as const) {
      const text = redact(Buffer.from(`${before}${HOSTILE}@host`).toString(alphabet));
      expect(text).toContain("[secret $&]");
      const left = text.replace("[secret $&]", "");
      expect(left.length).toBeLessThan(Math.ceil(((before.length + 5) * 4) / 3) + 6);
    }
  }
});

test("ordinary text stays", () => {
  expect(redact("nothing to see")).toBe("nothing to see");
});
