import { existsSync, readFileSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { exec } from "../../../providers/exec.ts";
import { usableKey } from "../../../providers/ssh/identity.ts";
import type { Context } from "../../context.ts";
import { UserError } from "../../errors.ts";
import type { Done } from "./phases.ts";

/** The names that ssh-keygen gives, those that a server of today takes first. */
const USUAL = ["id_ed25519", "id_ecdsa", "id_rsa"];

/** The program that makes it; the path comes last. */
export const KEYGEN = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "agentworks-quickstart", "-f"];

/** The key pair that quickstart makes, beside the configuration; `.pub` is its public half. */
export function ownKey({ home }: Pick<Context, "home">): string {
  return join(home.directory, "quickstart_ed25519");
}

/** A key that logs in unattended: the one made before, else one of the operator's own, else a new one. Its name is its path. */
export async function findOrMakeKey(context: Context): Promise<Done> {
  const own = ownKey(context);
  const record = context.state().quickstart.find("key");
  if (record?.mark === null) removeKey(own);
  if ((await flaw(context, own)) === undefined) return { name: own, result: "found", why: "no passphrase" };
  const directory = join(context.env.HOME ?? homedir(), ".ssh");
  const flaws: string[] = [];
  for (const name of USUAL.map((usual) => join(directory, usual))) {
    const problem = await flaw(context, name);
    if (problem === undefined) return { name, result: "found", why: "tried: it needs nobody to unlock it" };
    if (existsSync(name)) flaws.push(problem);
  }
  await makeKey(context, own);
  return { name: own, result: "made", why: flaws.length === 0 ? `there is no key in ${directory}` : flaws.join("; ") };
}

/** The public half of a key, as it stands in its file; empty when there is none. */
export function publicHalf(path: string): string {
  return existsSync(`${path}.pub`) ? readFileSync(`${path}.pub`, "utf8").trim() : "";
}

/** Removes both halves. */
export function removeKey(path: string): void {
  rmSync(path, { force: true });
  rmSync(`${path}.pub`, { force: true });
}

/** Why a key cannot be used, undefined when it can. */
async function flaw({ env }: Context, path: string): Promise<string | undefined> {
  const half = publicHalf(path);
  if (half === "") return `there is no ${path}.pub`;
  const usable = await usableKey(path, half, env);
  return usable.ok ? undefined : usable.message;
}

/** Recorded before it is made and with its public half after it: a half made one is known for ours, and made anew. */
async function makeKey(context: Context, path: string): Promise<void> {
  if (existsSync(path) || existsSync(`${path}.pub`)) {
    throw new UserError(
      `${path} is there, and is no key that can be used unattended.`,
      `mv ${path} ${path}.old, likewise ${path}.pub, then agentworks quickstart`,
    );
  }
  const { quickstart } = context.state();
  quickstart.begin("key");
  const { code, stdout, stderr } = await exec([...KEYGEN, path], { env: context.env, timeoutMs: 30_000 });
  if (code === 0) return quickstart.mark("key", publicHalf(path));
  removeKey(path);
  quickstart.forget("key");
  const last = `${stdout}${stderr}`.trim().split("\n").at(-1);
  throw new UserError(`ssh-keygen made no key: ${last}`, `ssh-keygen -t ed25519 -f ${path}`);
}
