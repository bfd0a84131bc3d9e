import { existsSync, rmSync } from "node:fs";
import { loadConfig } from "../../config/load.ts";
import type { Context } from "../../context.ts";
import { configSum } from "./config.ts";
import { ownKey, publicHalf, removeKey } from "./key.ts";
import { NAMES } from "./names.ts";
import type { Done } from "./phases.ts";

/** Takes back the files that quickstart made, of the parts given, and says why one stays. The configuration goes first: it names the key. */
export function takeBackFiles(
  context: Context,
  { made }: { readonly made: readonly string[] },
): readonly (readonly ["config" | "key", Done])[] {
  const { quickstart } = context.state();
  return (["config", "key"] as const).flatMap((part) => {
    if (!made.includes(part) || quickstart.find(part) === null) return [];
    const done = part === "config" ? takeBackConfig(context) : takeBackKey(context);
    return done === undefined ? [] : [[part, done] as const];
  });
}

function takeBackConfig(context: Context): Done | undefined {
  const { quickstart } = context.state();
  const name = context.home.config;
  const now = configSum(name);
  if (now !== undefined) {
    const needed = neededBy(context);
    if (needed !== undefined) return { name, result: "kept", why: needed };
  }
  const same = now === quickstart.find("config")?.mark;
  if (same) rmSync(name);
  quickstart.forget("config");
  if (now === undefined) return undefined;
  return same
    ? { name, result: "removed", why: "it is as it was written" }
    : { name, result: "kept", why: "it was edited: it is yours" };
}

function takeBackKey(context: Context): Done | undefined {
  const { quickstart } = context.state();
  const name = ownKey(context);
  if (!existsSync(name) && !existsSync(`${name}.pub`)) {
    quickstart.forget("key");
    return undefined;
  }
  const needed = neededBy(context);
  if (needed !== undefined) return { name, result: "kept", why: needed };
  const mark = quickstart.find("key")?.mark ?? null;
  const why = mark !== null && mark !== publicHalf(name) ? "it is another key by now" : namedByConfig(context, name);
  if (why === undefined) removeKey(name);
  quickstart.forget("key");
  return why === undefined ? { name, result: "removed", why: "quickstart made it" } : { name, result: "kept", why };
}

/** Other machines are reached with this key and configuration: they stay, and so does the record of them. */
function neededBy(context: Context): string | undefined {
  const others = context
    .state()
    .machines.names()
    .filter((name) => name !== NAMES.machine);
  return others.length === 0 ? undefined : `machine ${others.join(", ")} is reached with it`;
}

function namedByConfig({ home, env }: Context, key: string): string | undefined {
  if (!existsSync(home.config)) return undefined;
  try {
    const { sshPrivateKey } = loadConfig(home.config, { env }).config.operator;
    return sshPrivateKey === key ? `${home.config} names it` : undefined;
  } catch {
    // A configuration that is wrong may mean this key all the same.
    return `${home.config} may name it`;
  }
}
