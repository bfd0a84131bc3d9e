import { expect, test } from "bun:test";
import { join } from "node:path";
import { openState } from "../../../cli/state/state.ts";
import { withDirectory } from "./fixture.ts";

test("what quickstart began, made and took back is known, in the order it is made", () => {
  const { quickstart } = openState(":memory:");
  expect(quickstart.list()).toEqual([]);
  quickstart.begin("machine");
  quickstart.begin("key");
  quickstart.mark("key", "ssh-ed25519 AAAA");
  expect(quickstart.list()).toEqual([
    { part: "key", mark: "ssh-ed25519 AAAA" },
    { part: "machine", mark: null },
  ]);
  quickstart.begin("key");
  expect(quickstart.find("key")).toEqual({ part: "key", mark: null });
  quickstart.forget("key");
  expect(quickstart.find("key")).toBeNull();
});

test("a second quickstart is refused while the first lives, and not after its death", () =>
  withDirectory(async (directory) => {
    const path = join(directory, "agentworks.db");
    const other = Bun.spawn(["sleep", "60"]);
    const first = openState(path, { owner: { pid: other.pid, pidStart: 0 } });
    const second = openState(path);
    first.quickstart.enter();
    expect(() => second.quickstart.enter()).toThrow(`Another quickstart is at work (pid ${other.pid}).`);
    other.kill();
    await other.exited;
    second.quickstart.enter();
    second.quickstart.leave();
    expect(second.quickstart.list()).toEqual([]);
    first.close();
    second.close();
  }));
