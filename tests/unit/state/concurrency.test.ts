import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../../../cli/errors.ts";
import { openState } from "../../../cli/state/state.ts";
import { machine, start, thrown, withDirectory } from "./fixture.ts";

test("four processes create the state and write to it at once: one state, every row", () =>
  withDirectory(async (base) => {
    const path = join(base, "home", "agentworks.db");
    const ids = await Promise.all(["a", "b", "c", "d"].map((prefix) => start("write", [path, prefix, "50"]).output()));
    expect(new Set(ids).size).toBe(1);
    const state = openState(path);
    expect(state.machines.names().length).toBe(200);
    state.close();
    expect(readdirSync(join(base, "home"))).toEqual(["agentworks.db"]);
  }));

test("of processes that insert the same names at once, one wins each name and the others are told", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const ends = await Promise.allSettled([1, 2, 3].map(() => start("write", [path, "same", "1"]).output()));
    expect(ends.filter(({ status }) => status === "fulfilled").length).toBe(1);
    for (const end of ends)
      if (end.status === "rejected") expect(String(end.reason)).toContain("Machine same-0 exists already.");
  }));

test("a state that another process writes to is busy, says who, and can still be read", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path, { busyTimeout: 200 });
    state.machines.insert(machine("dev"));
    const holder = start("hold", [path, "vm reinit dev"]);
    await holder.ready();
    try {
      for (const write of [() => state.machines.insert(machine("other")), () => state.transaction(() => 1)]) {
        const error = thrown(write);
        expect(error).toBeInstanceOf(UserError);
        expect(error.message).toBe(`The state is busy (at work: vm reinit dev, pid ${holder.child.pid}): ${path}`);
        expect(error instanceof UserError && error.next).toContain("run this one again");
      }
      expect(state.machines.list().map(({ address }) => address)).toEqual([null]);
      const second = openState(path, { busyTimeout: 200 });
      expect(second.machines.names()).toEqual(["dev"]);
      second.close();
    } finally {
      holder.child.kill("SIGKILL");
      await holder.child.exited;
    }
    expect(state.machines.insert(machine("other")).name).toBe("other");
    expect(state.machines.find("dev")?.address).toBeNull();
    state.close();
  }));

test("a write waits for another process's short one", () =>
  withDirectory(async (base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path, { busyTimeout: 20_000 });
    state.machines.insert(machine("dev"));
    const holder = start("hold", [path, "vm reinit dev"]);
    await holder.ready();
    Bun.spawn(["sh", "-c", `sleep 0.5; kill -9 ${holder.child.pid}`]);
    expect(state.machines.insert(machine("other")).name).toBe("other");
    state.close();
  }));
