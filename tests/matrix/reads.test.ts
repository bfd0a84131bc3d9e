import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { z } from "zod";
import { type Operator, operatorOf } from "../guest/cli.ts";
import { documentOf } from "../schemas/document.ts";
import { filled, thingOf } from "./row.ts";
import { ROWS } from "./rows.ts";
import { pictureOf, seed } from "./seed.ts";

/** What is told from the state, whoever answers. */
const TOLD = ROWS.filter(({ command }) => / (list|describe)$/.test(command));

let operator: Operator;
beforeAll(async () => {
  operator = await operatorOf(undefined);
  seed(operator.home);
});
afterAll(async () => await operator?.[Symbol.asyncDispose]());

describe.each([...TOLD])("$command --json", ({ command, flags, data }) => {
  const document = documentOf(command, data ?? z.never());
  const words = command.endsWith(" list") ? flags.filter((word) => word === "--live") : flags;
  const argv = [...command.split(" "), ...words.map((word) => filled(word, { NAME: thingOf(command, "flags") }))];

  test("has every field also when no machine answers, and changes nothing", async () => {
    const before = pictureOf(operator.home);
    const printed = await operator.ok([...argv, "--json"]);
    const { error, data: read } = document.safeParse(JSON.parse(printed));
    expect(error?.issues).toBeUndefined();
    expect(JSON.stringify(read?.data)).not.toBe("[]");
    expect(pictureOf(operator.home)).toEqual(before);
  });

  if (!command.endsWith(" list")) return;
  test("is an empty list where there is no state", async () => {
    await using nobody = await operatorOf(undefined);
    const printed = await nobody.ok([...argv, "--json"]);
    expect(JSON.parse(printed)).toEqual({ schema: "agentworks/v1", command: command.replace(" ", "."), data: [] });
  });
});
