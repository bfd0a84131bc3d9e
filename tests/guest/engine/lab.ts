import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshSettings } from "../../../providers/ssh/options.ts";
import { type SshTransport, sshTransport } from "../../../providers/ssh/transport.ts";
import type { Channel, Transport } from "../../../providers/transport.ts";
import type { Guest, GuestUser } from "../harness/guest.ts";

/** Where the product's ssh is pointed at: a guest, or a proxy before it. */
export interface Way {
  readonly guest: Guest;
  readonly user?: GuestUser;
  /** A proxy on this computer. */
  readonly port?: number;
  readonly become?: SshTransport["become"];
  readonly config?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** The product's ssh settings for a guest. The caller's own configuration and agent play no part. */
export function settingsFor({ guest, user = "root", port, config = "/dev/null" }: Way): SshSettings {
  return {
    destination: { host: port === undefined ? guest.host : "127.0.0.1", port: port ?? guest.port, user },
    identity: guest.privateKeyPath,
    knownHosts: guest.knownHostsPath,
    // The name under which the harness wrote the guest's key.
    alias: guest.host,
    config,
  };
}

/** The product's transport to a guest. */
export function transportTo(way: Way): Transport {
  const { env = { PATH: process.env.PATH, HOME: process.env.HOME }, become = "root", guest } = way;
  return sshTransport({ ...settingsFor(way), env, become, machine: guest.name });
}

/** A transport whose open channels the test can kill: it is the ssh client that dies. */
export function killable(transport: Transport): Transport & { kill(): void; opened(): number } {
  const channels: Channel[] = [];
  return {
    ...transport,
    open(options) {
      const channel = transport.open(options);
      channels.push(channel);
      return channel;
    },
    kill: () => channels.at(-1)?.kill(),
    opened: () => channels.length,
  };
}

/** A directory for a test's files, removed by `dispose`. */
export function scratch() {
  const directory = mkdtempSync(join(tmpdir(), "agw-guest-"));
  return {
    directory,
    write(name: string, text: string, mode = 0o600): string {
      const path = join(directory, name);
      writeFileSync(path, text, { mode });
      return path;
    },
    dispose: () => rmSync(directory, { recursive: true, force: true }),
  };
}
