// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { quote, render } from "../../../steps/render.ts";
import { Secret, secretProblem } from "../../../steps/secret.ts";
import type { Step, Value } from "../../../steps/step.ts";
import { hostileStrings } from "./hostile.ts";
import { planOf, sandbox, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const machine = sandbox();
afterAll(() => machine.dispose());

const STRINGS = hostileStrings(1000);

/** A step that reports all its values, each followed by NUL. */
function echo(values: Readonly<Record<string, Value>>, name: string, subject: string, user: string): Step {
  const words = Object.entries(values).map(([key, value]) => (Array.isArray(value) ? `"\${${key}[@]}"` : `"$${key}"`));
  return toy({ apply: [":"], report: [`printf '%s\\0' ${words.join(" ")}`] }, values, { name, subject, user });
}

function groups(size: number): readonly (readonly string[])[] {
  return Array.from({ length: Math.ceil(STRINGS.length / size) }, (_, index) =>
    STRINGS.slice(index * size, (index + 1) * size),
  );
}

for (const [kind, valuesOf] of [
  ["a value", (strings: readonly string[]) => Object.fromEntries(strings.map((text, index) => [`V${index}`, text]))],
  ["an element of a list", (strings: readonly string[]) => ({ LIST: strings })],
  [
    "a secret",
    (strings: readonly string[]) =>
      Object.fromEntries(strings.map((text, index) => [`V${index}`, new Secret(`s${index}`, text)])),
  ],
] as const) {
  test(`a thousand hostile strings come out of bash unchanged: each as ${kind}, and as a step's name`, async () => {
    const usable = (text: string) => kind !== "a secret" || secretProblem(text) === undefined;
    const sent = groups(50).map((strings) => strings.filter(usable));
    const steps = sent.map((strings, index) =>
      echo(valuesOf(strings), STRINGS[index] ?? "", String(index), index % 2 === 0 ? "root" : "agt-test"),
    );
    const told = await machine.run(steps);
    expect(told.outcome).toBe("complete");
    for (const [index, strings] of sent.entries()) {
      expect(told.steps[index]?.report?.split("\0").slice(0, -1)).toEqual([...strings]);
    }
    expect(sent.flat().length).toBeGreaterThan(kind === "a secret" ? 600 : 999);
    expect(existsSync("/tmp/owned")).toBe(false);
  });
}

test("hostile names and subjects of steps arrive as they are, and forge no event", async () => {
  const steps = STRINGS.map((text) =>
    toy({ apply: [":"], check: [":"] }, {}, { id: "toy/same", name: text, subject: text }),
  );
  // One check is enough to see the names: the rest is skipped.
  const first = toy({ apply: ["false"] });
  const told = await machine.run([first, ...steps]);
  expect(told.outcome).toBe("failed");
  expect(told.steps.slice(1).map((step) => step.name)).toEqual([...STRINGS]);
  expect(told.steps.slice(1).map((step) => step.subject)).toEqual([...STRINGS]);
  expect(told.events.filter((event) => event.kind === "end")).toHaveLength(1);
});

test("booleans, numbers and empty lists", async () => {
  const step = toy(
    { apply: [":"], report: ['printf "%s|" "$YES" "$NO" "$N" "${#NONE[@]}" "${NONE[@]}"'] },
    { YES: true, NO: false, N: -12, NONE: [] },
  );
  expect((await machine.run([step])).steps[0]?.report).toBe("true|false|-12|0|");
});

test("NUL is refused: in values, in secrets", () => {
  expect(() => quote("a\0b")).toThrow("NUL");
  expect(() => render(planOf([toy({ apply: [":"] }, { V: "a\0b" })]), "apply")).toThrow("NUL");
  expect(() => render(planOf([toy({ apply: [":"] }, { V: ["a", "\0"] })]), "apply")).toThrow("NUL");
  expect(() => new Secret("token", "abcdef\0")).toThrow("NUL");
});

test("a report of 64 KiB arrives whole; a longer one fails its step, and the log says why", async () => {
  const report = (bytes: number) => [`head -c ${bytes} /dev/zero | tr '\\0' x`];
  const told = await machine.run([
    toy({ apply: [":"], report: report(65536) }),
    toy({ apply: [":"], report: report(65600) }, {}, { fatal: false }),
    toy({ apply: [":"], report: report(10_000_000) }, {}, { fatal: false }),
  ]);
  expect(told.steps[0]?.report).toHaveLength(65536);
  expect(told.steps.map((step) => step.result)).toEqual(["changed", "failed", "failed"]);
  expect(told.log.filter((line) => line.includes("longer than 64 KiB"))).toHaveLength(2);
});
