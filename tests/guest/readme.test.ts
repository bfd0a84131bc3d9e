import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { bootGuest, type Guest } from "./harness/guest.ts";
import { adopting } from "./readme/adopting.ts";
import { linesOf } from "./readme/fences.ts";
import { MAKING, starting } from "./readme/making.ts";
import { type Reader, reader } from "./readme/reader.ts";
import { readme, tell } from "./readme/story.ts";

let guest: Guest;
let someone: Reader;
beforeAll(async () => {
  guest = await bootGuest();
  someone = reader(guest);
}, 300_000);
afterAll(async () => {
  someone?.dispose();
  await guest?.dispose();
});

const story = adopting(
  () => guest,
  () => someone,
);

describe("the README", () => {
  const written = readme().flatMap((fence) =>
    fence.language === "sh" ? linesOf(fence).map((line) => line.command) : [],
  );
  const told = [story, starting(() => someone), MAKING].flatMap(Object.keys);

  test("holds no command that no reader types", () => {
    expect(written.length).toBeGreaterThan(20);
    expect(written.filter((command) => !told.includes(command))).toEqual([]);
    expect(told.filter((command) => !written.includes(command))).toEqual([]);
  });

  test("holds commands, what they show, and configuration: no other blocks", () => {
    expect(readme().filter(({ language }) => !["sh", "text", "toml"].includes(language))).toEqual([]);
  });
});

describe("who adopts a machine types", () => tell(story, () => someone));
