import { expect, test } from "bun:test";
import { join } from "node:path";
import { openState, openStateToRead } from "../../../cli/state/state.ts";
import { agent, machine, session, withDirectory, workspace } from "./fixture.ts";

/** The median of 21, in milliseconds. */
function median(work: () => unknown): number {
  const times = Array.from({ length: 21 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.toSorted((a, b) => a - b)[10] ?? Number.NaN;
}

test("100 machines with 1,000 sessions are listed with their counts", () =>
  withDirectory((base) => {
    const path = join(base, "agentworks.db");
    const state = openState(path);
    state.transaction(() => {
      for (let m = 0; m < 100; m++) {
        state.machines.insert(machine(`m${m}`));
        state.workspaces.insert(workspace(`w${m}`, `m${m}`));
        state.agents.insert(agent(`a${m}`, `m${m}`));
        for (let s = 0; s < 10; s++) state.sessions.insert(session(`s${m}-${s}`, `m${m}`, `w${m}`, `a${m}`));
      }
    });
    const counts = state.machines
      .list()
      .map(({ workspaces, agents, sessions }) => `${workspaces} ${agents} ${sessions}`);
    expect(counts).toEqual(Array(100).fill("1 1 10"));
    expect(state.sessions.list().length).toBe(1000);
    state.close();

    const open = (list: boolean) => () => {
      const reader = openStateToRead(path);
      if (list) reader.machines.list();
      reader.close();
    };
    const again = openState(path);
    const figures = {
      "open and close": median(open(false)),
      "open, list machines, close": median(open(true)),
      "list 100 machines": median(() => again.machines.list()),
      "list 1,000 sessions": median(() => again.sessions.list()),
      "open where there is none": median(() => openStateToRead(join(base, "none")).close()),
    };
    again.close();
    for (const [name, ms] of Object.entries(figures)) console.log(`state: ${name}: ${ms.toFixed(2)} ms`);
  }));
