import type { Context } from "./context.ts";
import type { Home } from "./home.ts";
import { openState, openStateToRead, type State } from "./state/state.ts";

/** Where the configuration and the state of a command are. */
export interface Place {
  readonly home: Home;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the configuration is, or would be. */
  readonly configFile: string;
  /** The command changes nothing: a state that is not there yet is not made. */
  readonly reading: boolean;
  readonly now: () => Date;
  /** Says a warning of the configuration. */
  readonly warn: (text: string) => void;
}

/** What a command reads and records: the part of its context that has to be closed. */
export interface Services extends Pick<Context, "config" | "state" | "provider"> {
  readonly close: () => void;
}

/** The configuration and the state, each loaded at its first use. */
export function open(place: Place): Services {
  const { home, env, configFile, reading, now, warn } = place;
  let opened: State | undefined;
  return {
    config: once(() => {
      // Loaded by the commands that need it alone: the whole schema costs 4 ms. (require: the caller does not wait.)
      const { loadConfig } = require("./config/load.ts") as typeof import("./config/load.ts");
      const { config, warnings } = loadConfig(configFile, { env });
      for (const warning of warnings) warn(warning);
      return config;
    }),
    state: () => {
      opened ??= (reading ? openStateToRead : openState)(home.database, { now });
      return opened;
    },
    provider: async (platform) => {
      const { loadProvider } = await import("./operations/providers.ts");
      return await loadProvider(platform, { home, env });
    },
    close: () => opened?.close(),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
