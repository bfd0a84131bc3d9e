import { afterAll, beforeAll, describe } from "bun:test";
import { MAKING } from "../readme/making.ts";
import { type Reader, reader } from "../readme/reader.ts";
import { tell } from "../readme/story.ts";

let someone: Reader;
beforeAll(() => {
  someone = reader();
});
afterAll(async () => {
  await someone?.type("agentworks vm delete dev --force --yes", ".");
  someone?.dispose();
}, 120_000);

describe("who makes a machine types", () => tell(MAKING, () => someone));
