import { homedir } from "node:os";
import { join } from "node:path";

/** Where this installation keeps its things. `AGENTWORKS_HOME` moves all of it (tests, side-by-side installs). */
export interface Home {
  /** `~/.config/agentworks`, 0700. */
  readonly directory: string;
  readonly config: string;
  readonly database: string;
  readonly logs: string;
  readonly errorLog: string;
  readonly knownHosts: string;
  /** Machine disks. */
  readonly machines: string;
  /** Downloaded and built images. */
  readonly images: string;
}

/** The paths for an environment; reads and creates nothing. */
export function homeFrom(env: Readonly<Record<string, string | undefined>>): Home {
  const own = env.AGENTWORKS_HOME;
  const user = env.HOME ?? homedir();
  const directory = own ?? join(user, ".config", "agentworks");
  const data = own ?? join(env.XDG_DATA_HOME ?? join(user, ".local", "share"), "agentworks");
  const cache = own ?? join(env.XDG_CACHE_HOME ?? join(user, ".cache"), "agentworks");
  return {
    directory,
    config: join(directory, "config.toml"),
    database: join(directory, "agentworks.db"),
    logs: join(directory, "logs"),
    errorLog: join(directory, "logs", "error.log"),
    knownHosts: join(directory, "known_hosts"),
    machines: join(data, "machines"),
    images: join(cache, "images"),
  };
}
