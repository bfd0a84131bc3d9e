import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { openState } from "../../../cli/state/state.ts";
import { changing } from "../../matrix/dry-runs.ts";
import { filled, type Question, type Row, thingOf, type Way } from "../../matrix/row.ts";
import { ROWS } from "../../matrix/rows.ts";
import { addMachine, pictureOf } from "../../matrix/seed.ts";
import { documentOf } from "../../schemas/document.ts";
import { type Operator, operatorOf } from "../cli.ts";
import { bootGuest, type Guest } from "../harness/guest.ts";

const CHANGING = await changing();
const CTRL_C = "\x03";

let guest: Guest;
let operator: Operator;
beforeAll(async () => {
  guest = await bootGuest();
  operator = await operatorOf(guest);
  // A second machine, so that the one which is meant has to be said.
  const state = openState(join(operator.home, "agentworks.db"));
  addMachine(state, "lab");
  state.close();
  const { code, stderr } = await guest.bash(`
    git init --quiet --bare --initial-branch=main /srv/origin
    git clone --quiet /srv/origin /srv/work 2>/dev/null
    cd /srv/work && git -c user.name=o -c user.email=o@o commit --quiet --allow-empty -m one && git push --quiet origin HEAD:main
    git config --system --add safe.directory /srv/origin`);
  if (code !== 0) throw new Error(stderr);
}, 120_000);
afterAll(async () => {
  await operator?.[Symbol.asyncDispose]();
  await guest?.dispose();
});

function valuesOf(row: Row, way: Way): Readonly<Record<string, string>> {
  const { host, port, fingerprint } = guest;
  return { HOST: `root@${host}:${port}`, HOST_KEY: fingerprint, NAME: thingOf(row.command, way), NEW: "novel" };
}

function argvOf(row: Row, way: Way, words: readonly string[]): string[] {
  return [...row.command.split(" "), ...words.map((word) => filled(word, valuesOf(row, way)))];
}

const talkOf = (row: Row, questions: readonly Question[]): (readonly [string, string])[] =>
  questions.map(({ asks, keys }) => [filled(asks, valuesOf(row, "asked")), filled(keys, valuesOf(row, "asked"))]);

/** Every file where we, or an agent, may have written: what it is and what it holds. */
async function treeOf(machine: Guest): Promise<string> {
  const { code, stdout, stderr } = await machine.bash(`
    shopt -s nullglob
    roots=(/etc /home /opt /root /var/lib/agentworks*)
    find "\${roots[@]}" -xdev -printf '%p %y %m %U:%G %s %T@ %C@ %l\\n' | sort | sha256sum
    find "\${roots[@]}" -xdev -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum`);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

async function prepare(row: Row, way: Way): Promise<void> {
  for (const argv of row.before?.[way] ?? []) {
    await operator.ok(argv.map((word) => filled(word, valuesOf(row, way))));
  }
}

async function prove(row: Row, way: Way): Promise<void> {
  if (row.proof === undefined) return;
  const { code, stdout, stderr } = await guest.bash(filled(row.proof, valuesOf(row, way)));
  expect({ code, said: code === 0 ? "" : stdout + stderr }).toEqual({ code: 0, said: "" });
}

/** The conversations that end at one of the questions: with Ctrl-C, and where it can be said with a no. */
function leavings(questions: readonly Question[]): readonly (readonly Question[])[] {
  return questions.flatMap((question, index) => {
    const last = [CTRL_C, ...(question.no === undefined ? [] : [question.no])];
    return last.map((keys) => [...questions.slice(0, index), { ...question, keys }]);
  });
}

describe.each([...ROWS])("$command", (row) => {
  if (CHANGING.includes(row)) {
    test("--dry-run leaves the state and the machine as they are, and does not log in", async () => {
      const [home, tree, mark] = [pictureOf(operator.home), await treeOf(guest), await guest.mark()];
      const { code } = await operator.run([...argvOf(row, "flags", row.flags), "--dry-run"]);
      expect(code).toBe(row.exit ?? 0);
      expect(await guest.acceptedLogins(mark)).toBe(0);
      expect(await treeOf(guest)).toBe(tree);
      expect(pictureOf(operator.home)).toEqual(home);
    });
  }

  test.each(row.missing.filter(({ contact }) => contact === true).map(({ words, named }) => [named, words] as const))(
    "--non-interactive names %s",
    async (named, words) => {
      const [home, tree] = [pictureOf(operator.home), await treeOf(guest)];
      const { code, stdout, stderr } = await operator.run([...argvOf(row, "flags", words), "--non-interactive"]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(named);
      expect(await treeOf(guest)).toBe(tree);
      expect(pictureOf(operator.home)).toEqual(home);
    },
  );

  const { asked } = row;
  if (asked !== null) {
    test("left at any question, by Ctrl-C or by a no, it ends with 130 and nothing has changed", async () => {
      const [home, tree] = [pictureOf(operator.home), await treeOf(guest)];
      for (const questions of leavings(asked.questions)) {
        const { code, shown, unsent } = await operator.onTerminal(
          argvOf(row, "asked", asked.words),
          talkOf(row, questions),
        );
        expect({ code, unsent, shown: code === 130 ? "" : shown }).toEqual({ code: 130, unsent: 0, shown: "" });
        expect(pictureOf(operator.home)).toEqual(home);
      }
      expect(await treeOf(guest)).toBe(tree);
    });
  }

  test("by flags only", async () => {
    await prepare(row, "flags");
    const { code, stdout, stderr } = await operator.run(["--non-interactive", ...argvOf(row, "flags", row.flags)]);
    expect({ code, stderr: code === (row.exit ?? 0) ? "" : stderr }).toEqual({ code: row.exit ?? 0, stderr: "" });
    expect((row.exit ?? 0) === 0 ? stdout : stderr).toContain(row.says);
    await prove(row, "flags");
  });

  const { data } = row;
  if (data !== null) {
    test("--json is one document and nothing else on stdout", async () => {
      await prepare(row, "json");
      const { code, stdout, stderr } = await operator.run([...argvOf(row, "json", row.flags), "--json"]);
      expect({ code, stderr: code === (row.exit ?? 0) ? "" : stderr }).toEqual({ code: row.exit ?? 0, stderr: "" });
      if (code !== 0) {
        expect(stdout).toBe("");
        return;
      }
      expect(stdout.split("\n")).toHaveLength(2);
      const { error } = documentOf(row.command, data).safeParse(JSON.parse(stdout));
      expect(error?.issues).toBeUndefined();
      await prove(row, "json");
    });
  }

  if (asked !== null) {
    test("asked on a terminal", async () => {
      await prepare(row, "asked");
      const talk = talkOf(row, [...asked.questions, ...(asked.handed ?? [])]);
      const { code, shown, unsent } = await operator.onTerminal(argvOf(row, "asked", asked.words), talk);
      const well = code === (asked.exit ?? 0);
      expect({ code, unsent, shown: well ? "" : shown }).toEqual({ code: asked.exit ?? 0, unsent: 0, shown: "" });
      await prove(row, "asked");
    });
  }
});
