import { afterAll, beforeAll, describe } from "bun:test";
import { starting } from "../readme/making.ts";
import { type Reader, reader } from "../readme/reader.ts";
import { tell } from "../readme/story.ts";

let someone: Reader;
beforeAll(() => {
  someone = reader();
});
afterAll(async () => {
  await someone?.type("agentworks quickstart --remove --yes", ".");
  someone?.dispose();
}, 120_000);

describe("who begins with the quickstart types", () =>
  tell(
    starting(() => someone),
    () => someone,
  ));
