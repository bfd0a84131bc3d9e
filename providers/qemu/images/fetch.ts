import { existsSync, readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import { ProviderError } from "../../provider.ts";
import type { World } from "../settings.ts";

/** The server of an image cannot be reached; nothing was changed. */
export class Unreachable extends ProviderError {
  constructor(url: string, why: string) {
    super(`${new URL(url).host} cannot be reached (${why})`, 'check the network, or set image to "build" or to a path');
    this.name = "Unreachable";
  }
}

/** Where systems keep the certificates that they trust, an organisation's own among them. */
const SYSTEM_CERTIFICATES = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/cert.pem",
];

/** Begins to fetch, from byte `from` on. The body is read by the caller, until `cancel`. */
export async function begin(world: World, url: string, from: number, cancel: AbortSignal): Promise<Response> {
  const connecting = new AbortController();
  const timer = setTimeout(() => connecting.abort(), world.limits.connectMs);
  try {
    return await fetch(url, {
      headers: from === 0 ? {} : { Range: `bytes=${from}-` },
      signal: AbortSignal.any([cancel, connecting.signal]),
      // The sum and the size are those of the bytes as they are stored.
      decompress: false,
      tls: { ca: certificates(world.env) },
    });
  } catch (error) {
    cancel.throwIfAborted();
    if (connecting.signal.aborted) throw new Unreachable(url, `no answer in ${world.limits.connectMs / 1000} s`);
    throw new Unreachable(url, error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** A small text file; undefined when the server has none. */
export async function fetchText(world: World, url: string, cancel: AbortSignal): Promise<string | undefined> {
  const response = await begin(world, url, 0, AbortSignal.any([cancel, AbortSignal.timeout(world.limits.silenceMs)]));
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Unreachable(url, `it answers ${response.status}`);
  return await response.text();
}

function certificates({ SSL_CERT_FILE, NODE_EXTRA_CA_CERTS }: World["env"]): string[] {
  const files = [SSL_CERT_FILE, NODE_EXTRA_CA_CERTS, ...SYSTEM_CERTIFICATES];
  const found = files
    .filter((file) => file !== undefined && existsSync(file))
    .map((file) => readFileSync(file as string, "utf8"));
  return [...rootCertificates, ...new Set(found)];
}
