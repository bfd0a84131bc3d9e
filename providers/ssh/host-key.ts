import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exec } from "../exec.ts";
import { type SshSettings, sshArgv } from "./options.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** A public host key, as it stands in known_hosts and as a person compares it. */
export interface HostKey {
  /** `ssh-ed25519 AAAA…` */
  readonly line: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
}

/** What is known about the key that a machine shows. */
export interface Shown {
  readonly key: HostKey | undefined;
  /** The operator's own known_hosts has this very key, another one, or none for this host. */
  readonly owner: "trusts" | "contradicts" | "unknown";
  /** ssh's words when no key came. */
  readonly stderr: string;
  readonly code: number;
}

/** A key line (`type base64 …`) as a HostKey. */
export function hostKeyFrom(line: string): HostKey {
  const [type = "", blob = ""] = line.trim().split(/\s+/);
  const digest = createHash("sha256").update(Buffer.from(blob, "base64")).digest("base64").replace(/=+$/, "");
  return { line: `${type} ${blob}`, fingerprint: `SHA256:${digest}` };
}

/**
 * Asks a machine for its host key, over whatever way the operator's configuration takes (aliases, jump hosts), by a login that
 * offers no credential. When the operator's known_hosts knows the host, the key is asked for in a type known there.
 */
export async function shownHostKey(settings: SshSettings, env: Env): Promise<Shown> {
  const known = await knownTypes(settings, env);
  const directory = mkdtempSync(join(tmpdir(), "agentworks-"));
  try {
    const file = join(directory, "known_hosts");
    const options = [
      "StrictHostKeyChecking=accept-new",
      "PreferredAuthentications=none",
      "PubkeyAuthentication=no",
      "HashKnownHosts=no",
      ...(known.length === 0 ? [] : [`HostKeyAlgorithms=${known.flatMap(algorithms).join(",")}`]),
    ];
    const argv = sshArgv({ ...settings, knownHosts: file, alias: "shown" }, "background", options);
    const { code, stderr } = await exec(argv, { env, timeoutMs: 30_000 });
    const line = existsSync(file)
      ? readFileSync(file, "utf8").trim().split("\n").at(-1)?.replace(/^\S+ /, "")
      : undefined;
    const key = line === undefined || line === "" ? undefined : hostKeyFrom(line);
    const trusted = key !== undefined && (await ownerKeys(settings, env)).includes(key.line);
    const owner = trusted ? "trusts" : known.length > 0 ? "contradicts" : "unknown";
    return { key, owner, stderr, code };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function knownTypes(settings: SshSettings, env: Env): Promise<readonly string[]> {
  return [...new Set((await ownerKeys(settings, env)).map((line) => line.split(" ")[0] ?? ""))];
}

/** The signature algorithms of a key type: an RSA key signs with SHA-2 (RFC 8332). */
function algorithms(type: string): readonly string[] {
  return type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type];
}

/** The key lines that the operator's own known_hosts files hold for this host. */
async function ownerKeys(settings: SshSettings, env: Env): Promise<readonly string[]> {
  const { config, destination } = settings;
  const { host, port, user } = destination;
  const argv = [
    ...["ssh", "-G", ...(config === undefined ? [] : ["-F", config])],
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...(user === undefined ? [] : ["-l", user]),
    ...["--", host],
  ];
  const { stdout } = await exec(argv, { env, timeoutMs: 10_000 });
  const said = (key: string) => new RegExp(`^${key} (.*)$`, "m").exec(stdout)?.[1] ?? "";
  const name = said("hostkeyalias") || said("hostname") || host;
  const entry = said("port") === "22" || said("hostkeyalias") !== "" ? name : `[${name}]:${said("port")}`;
  const files = `${said("userknownhostsfile")} ${said("globalknownhostsfile")}`
    .split(" ")
    .filter((file) => file !== "");
  const found = files.map(async (file) => {
    const path = file.replace(/^~(?=\/)/, env.HOME ?? "~");
    const { stdout: lines } = await exec(["ssh-keygen", "-F", entry, "-f", path], { env, timeoutMs: 10_000 });
    return lines.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  });
  const lines = (await Promise.all(found)).flat();
  return lines.filter((line) => !line.startsWith("@")).map((line) => line.split(/\s+/).slice(1, 3).join(" "));
}
