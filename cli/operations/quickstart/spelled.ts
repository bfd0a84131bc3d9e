import { basename, relative } from "node:path";
import { quote } from "../../../steps/render.ts";
import type { Context } from "../../context.ts";
import { PROGRAM } from "../../globals.ts";
import { NAMES } from "./names.ts";

/** The commands that a person needs next, as they can be pasted into the terminal that this ran in. */
export interface Next {
  readonly attach: string;
  readonly look: string;
  readonly remove: string;
}

/** The next commands. The program is called as PATH finds it, else by its path: it may never have been installed. */
export function nextCommands(context: Pick<Context, "env" | "home" | "configFile">): Next {
  const { home, configFile, env } = context;
  const file = configFile === home.config ? "" : ` --config ${word(configFile)}`;
  const spelled = (command: string) => `${program(env)} ${command}${file}`;
  return {
    attach: spelled(`session attach ${NAMES.session}`),
    look: spelled(`session describe ${NAMES.session}`),
    remove: spelled("quickstart --remove"),
  };
}

function program({ PATH }: Context["env"]): string {
  const path = process.execPath;
  const name = basename(path);
  // Run from its sources it is Bun that runs.
  if (name !== PROGRAM && name !== "agw") return PROGRAM;
  if (Bun.which(name, { PATH: PATH ?? "" }) === path) return name;
  const near = relative(process.cwd(), path);
  return word(near.startsWith("..") ? path : near.includes("/") ? near : `./${near}`);
}

/** A word as a shell takes it. */
export function word(text: string): string {
  return /^[\w./:@+-]+$/.test(text) ? text : quote(text);
}
