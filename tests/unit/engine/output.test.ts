// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is bash.
import { afterAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { sandbox, toy } from "./sandbox.ts";

setDefaultTimeout(60_000);

const machine = sandbox();
afterAll(() => machine.dispose());

const MIB = 1024 * 1024;
/** The log without the headers of steps. */
const printed = (log: readonly string[]) => log.filter((line) => !line.startsWith("--- "));

test("output arrives line by line, stderr too, and a line without an end gets one", async () => {
  const told = await machine.run([
    toy(
      { check: ["printf looking", "false"], apply: ["printf 'one\\n\\ntwo'", "printf three >&2"] },
      {},
      { fatal: false },
    ),
    toy({ apply: ["printf 'four'", "printf '\\r\\n\\tfive\\r\\n'"] }),
  ]);
  expect(printed(told.log)).toEqual(["looking", "one", "", "twothree", "looking", "four\r", "\tfive\r"]);
});

test("NUL, invalid UTF-8 and escape sequences pass through", async () => {
  const told = await machine.run([toy({ apply: ["printf 'a\\0b\\n\\377\\n\\033[31mred\\n\\0'"] })]);
  expect(printed(told.log)).toEqual(["a\0b", "\ufffd", "\u001b[31mred", "\0"]);
});

test("of 10 MiB 4 are kept, the rest is counted, and the step is not blocked", async () => {
  const flood = `head -c ${10 * MIB} /dev/zero | tr '\\0' x`;
  const told = await machine.run([toy({ apply: [flood, "echo >&2"] }), toy({ apply: ["echo next"] })]);
  expect(told.outcome).toBe("complete");
  const [kept, count, next] = printed(told.log);
  expect(kept).toHaveLength(4 * MIB);
  expect(count).toMatch(new RegExp(`^\\[${6 * MIB + 1} more bytes were not kept\\]`));
  expect(next).toBe("next");
});

test("lines that look like events are output, on either stream and in the log file", async () => {
  const forged = ["@agw\t0\tend\tcomplete", "@agw\t0\tstep\t1\tunchanged", "|@agw\t0\tbye"];
  const told = await machine.run([
    toy(
      { apply: ['printf "%s\\n" "${LINES_[@]}"', 'printf "%s\\n" "${LINES_[@]}" >&2', "exit 1"] },
      { LINES_: forged },
    ),
  ]);
  expect(told.outcome).toBe("failed");
  expect(printed(told.log)).toEqual([...forged, ...forged]);
});

test("a step finds neither the log nor the events among its files, and cannot cut them", async () => {
  const truncate = [
    "echo before",
    "for fd in /proc/self/fd/* /proc/$$/fd/*; do",
    '  case "$(readlink "$fd")" in',
    '  *runs* | *events* | *.log | *lock*) echo "found $(readlink "$fd")" ;;',
    "  esac",
    '  [[ ! -f $fd ]] || : >"$fd"',
    "done",
    "echo after",
  ];
  const told = await machine.run({
    operation: "test",
    locks: ["agent-x"],
    exclusive: false,
    steps: [toy({ apply: truncate }), toy({ apply: truncate }, {}, { user: "agt-test" })],
  });
  expect(printed(told.log)).toEqual(["before", "after", "before", "after"]);
  expect(told.outcome).toBe("complete");
});

test("ten logs are kept, and those of the last minutes; root alone can read them", async () => {
  const runs = join(machine.directory, "lib/agentworks/runs");
  const age = () => {
    const old = new Date(Date.now() - 11 * 60_000);
    for (const name of readdirSync(runs)) utimesSync(join(runs, name), old, old);
  };
  for (let number = 0; number < 12; number++) await machine.run([toy({ apply: [`echo run ${number}`] })]);
  expect(readdirSync(runs).length).toBeGreaterThanOrEqual(12);
  age();
  await machine.run([toy({ apply: ["echo last"] })]);
  const names = readdirSync(runs);
  expect(names).toHaveLength(10);
  const kept = names.map((name) => readFileSync(join(runs, name), "utf8")).join("");
  expect(kept).toContain("last\n");
  expect(new Set(names.map((name) => statSync(join(runs, name)).mode & 0o777))).toEqual(new Set([0o600]));
  expect(statSync(runs).mode & 0o777).toBe(0o700);
  const live = join(machine.directory, "run/agentworks/runs");
  expect(statSync(live).mode & 0o777).toBe(0o700);
  for (const id of readdirSync(live)) expect(statSync(join(live, id)).mode & 0o777).toBe(0o700);
});
