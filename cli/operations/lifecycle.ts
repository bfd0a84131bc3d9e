import type { State } from "../state/state.ts";
import type { Lifecycle } from "../state/workspaces.ts";

/** What an operator makes on a machine. */
export type Kind = "workspace" | "agent" | "session";

/** A row, as far as its life is concerned. */
export interface Life {
  readonly machine: string;
  readonly lifecycle: Lifecycle;
  readonly createdAt: string;
}

/** The rows of one kind, as far as their life is concerned. */
interface Lives {
  find(name: string): Life | null;
  set(name: string, lifecycle: Lifecycle): void;
  remove(name: string): void;
}

/** The rows of a kind. */
export function livesOf(state: State, kind: Kind): Lives {
  const { workspaces, agents, sessions } = state;
  switch (kind) {
    case "workspace":
      return { find: workspaces.find, set: workspaces.setLifecycle, remove: workspaces.remove };
    case "agent":
      return {
        find: agents.find,
        set: (name, lifecycle) => agents.update(name, { lifecycle }),
        remove: agents.remove,
      };
    case "session":
      return {
        find: sessions.find,
        set: (name, lifecycle) => sessions.update(name, { lifecycle }),
        remove: sessions.remove,
      };
  }
}
