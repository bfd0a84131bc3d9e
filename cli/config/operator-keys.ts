import { readFileSync, statSync } from "node:fs";
import { UserError } from "../errors.ts";
import type { Config } from "./schema.ts";

/** The lines for authorized_keys: the operator's own key first, then the extra ones. Reads no private key. */
export function operatorPublicKeys(config: Config): readonly string[] {
  const { sshPublicKey, extraSshPublicKeys } = config.operator;
  const own = publicKeys(sshPublicKey, "operator.ssh_public_key", config.file);
  const extra = extraSshPublicKeys.flatMap((path, index) =>
    publicKeys(path, `operator.extra_ssh_public_keys[${index}]`, config.file),
  );
  return [...new Set([...own, ...extra])];
}

/** The private key's path, once the file is there and ssh would accept its permissions. */
export function operatorPrivateKey(config: Config): string {
  const path = config.operator.sshPrivateKey;
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    throw new UserError(
      `operator.ssh_private_key: there is no file ${path}`,
      `ssh-keygen -t ed25519, or edit ${config.file}`,
    );
  }
  // Windows keeps permissions elsewhere and reports 0666.
  if (process.platform !== "win32" && (found.mode & 0o077) !== 0) {
    throw new UserError(
      `operator.ssh_private_key: ssh refuses ${path}, because others can read it`,
      `chmod 600 ${path}`,
    );
  }
  return path;
}

function publicKeys(path: string, key: string, file: string): readonly string[] {
  const lines = readLines(path, key, file)
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  const wrong = lines.find(
    (line) => !/^(ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( \P{Cc}*)?$/u.test(line),
  );
  if (lines.length > 0 && wrong === undefined) return lines;
  const what = wrong?.includes("PRIVATE KEY") ? "is a private key" : "is not a public ssh key";
  throw new UserError(`${key}: ${path} ${what}`, `name the .pub file in ${file}`);
}

function readLines(path: string, key: string, file: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const what = missing ? `there is no file ${path}` : `${path} cannot be read`;
    throw new UserError(`${key}: ${what}`, `ssh-keygen -t ed25519, or edit ${file}`);
  }
}
