import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { filled, thingOf } from "./row.ts";
import { ROWS } from "./rows.ts";
import { pictureOf, seed } from "./seed.ts";

const HOST = { HOST: "root@127.0.0.1:9", HOST_KEY: `SHA256:${"A".repeat(43)}` };

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  seed(operator.home);
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

for (const row of ROWS) {
  const known = row.missing.filter(({ contact }) => contact === undefined);
  describe.each([...known])(`${row.command}, of which something is missing`, ({ words, named }) => {
    const values = { ...HOST, NAME: thingOf(row.command, "flags"), NEW: "novel" };
    const argv = [...row.command.split(" "), ...words.map((word) => filled(word, values))];

    test(`--non-interactive names ${named} and changes nothing`, async () => {
      const before = pictureOf(operator.home);
      const { code, stdout, stderr } = await operator.run(["--non-interactive", ...argv]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(named);
      expect(stderr).toMatch(/^Next: /m);
      expect(pictureOf(operator.home)).toEqual(before);
    });

    test(`so does a terminal that must not be asked, and a pipe (${named})`, async () => {
      const piped = await operator.run(argv);
      const { code, shown } = await operator.onTerminal(["--non-interactive", ...argv], []);
      expect({ piped: piped.code, terminal: code }).toEqual({ piped: 2, terminal: 2 });
      expect(piped.stderr).toContain(named);
      expect(shown).toContain(named);
    });
  });
}
