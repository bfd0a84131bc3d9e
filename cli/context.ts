import type { Provider } from "../providers/provider.ts";
import type { Config } from "./config/schema.ts";
import type { Home } from "./home.ts";
import type { State } from "./state/state.ts";
import type { Prompts } from "./ui/prompts.ts";
import type { Screen } from "./ui/screen.ts";

/** The flags that every command understands; they stand before or after the command. */
export interface GlobalFlags {
  readonly json: boolean;
  readonly dryRun: boolean;
  readonly nonInteractive: boolean;
  readonly yes: boolean;
  readonly debug: boolean;
  readonly noWait: boolean;
  readonly allowPartial: boolean;
}

/** What a command may touch. Built once in main.ts; a test builds its own. */
export interface Context {
  readonly home: Home;
  /** Where the configuration is, or would be: `--config FILE`, else the home's. */
  readonly configFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly flags: GlobalFlags;
  /** stdout for data, stderr for talk; whether they are terminals; colour. */
  readonly screen: Screen;
  /** Asks on a terminal, else fails naming the flag that would answer. */
  readonly prompts: Prompts;
  /** The configuration, loaded and validated at the first call. */
  readonly config: () => Config;
  /** The state, opened and migrated at the first call. */
  readonly state: () => State;
  /** A platform on which we make machines, loaded at the first call. What it throws is ready to be shown. */
  readonly provider: (platform: string) => Promise<Provider>;
  /** Ctrl-C and SIGTERM. */
  readonly interrupts: Interrupts;
  readonly now: () => Date;
}

/** The first interrupt asks the work to stop (`requested` aborts), the second leaves at once (`abandoned` aborts). */
export interface Interrupts {
  readonly requested: AbortSignal;
  readonly abandoned: AbortSignal;
}
