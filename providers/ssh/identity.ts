import { existsSync } from "node:fs";
import { exec } from "../exec.ts";

/** Whether ssh can use a key without asking anybody. */
export type Usable = { readonly ok: true } | { readonly ok: false; readonly message: string; readonly next: string };

/**
 * Finds out before anything is created whether a login with this key pair will work unattended: a private key without a
 * passphrase, or one that a running ssh agent holds.
 */
export async function usableKey(
  privateKey: string,
  publicKey: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Usable> {
  const [, blob = ""] = publicKey.split(/\s+/);
  const held = await exec(["ssh-add", "-L"], { env, timeoutMs: 5000 });
  if (held.code === 0 && held.stdout.split("\n").some((line) => line.split(" ")[1] === blob)) return { ok: true };
  if (!existsSync(privateKey)) {
    return {
      ok: false,
      message: `there is no file ${privateKey}, and no ssh agent holds its key`,
      next: `ssh-add ${privateKey}`,
    };
  }
  const read = await exec(["ssh-keygen", "-y", "-P", "", "-f", privateKey], { env, timeoutMs: 5000 });
  if (read.code === 127)
    return { ok: false, message: "ssh-keygen is not installed here", next: "install the OpenSSH client" };
  if (read.code !== 0 && /passphrase/i.test(read.stderr)) {
    return {
      ok: false,
      message: `${privateKey} has a passphrase, and no ssh agent holds it`,
      next: `ssh-add ${privateKey}`,
    };
  }
  if (read.code !== 0) {
    return {
      ok: false,
      message: `${privateKey} is no private key that ssh can use`,
      next: `ssh-keygen -y -f ${privateKey}`,
    };
  }
  if (read.stdout.split(/\s+/)[1] === blob) return { ok: true };
  return {
    ok: false,
    message: `${privateKey} is not the private half of the operator's public key`,
    next: `ssh-keygen -y -f ${privateKey} > ${privateKey}.pub`,
  };
}
