import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { dirname, join } from "node:path";
import { converse, type Shown } from "../cli.ts";
import type { Guest } from "../harness/guest.ts";

const ROOT = join(import.meta.dir, "..", "..", "..");

/** Words on the terminal, and what the reader types when they have been shown. */
export type Talk = readonly (readonly [words: string, answer: string])[];

/** Somebody who reads the README on a computer that has never seen the program, and types what stands there. */
export interface Reader {
  /**
   * Their home, seen from outside. It holds the key and ssh configuration of somebody who has a machine `dev`, and in `agentworks` a copy
   * of the source without what was built or installed in it.
   */
  readonly outside: string;
  /** Types a command on a terminal, in a directory of their home. */
  type(command: string, directory: string, talk?: Talk): Promise<Shown>;
  dispose(): void;
}

/**
 * Reads as root, whose home is another directory for the time of a command: ssh asks the account database for it, not $HOME. (A directory
 * is put over it, not another database over /etc/passwd: whoever adds a user meanwhile would take that mount away.) What was downloaded
 * once stays known.
 */
export function reader(guest: Guest): Reader {
  const outside = mkdtempSync(join(tmpdir(), "agentworks-reader-"));
  const home = userInfo().homedir;
  const downloaded = [
    process.env.npm_config_cache ?? join(home, ".npm"),
    process.env.XDG_CACHE_HOME ?? join(home, ".cache"),
  ];
  for (const directory of [...downloaded, join(outside, ".npm"), join(outside, ".cache")])
    mkdirSync(directory, { recursive: true });
  haveMachine(outside, guest);
  copySource(join(outside, "agentworks"));
  const env = {
    HOME: home,
    PATH: `${home}/.local/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
    LANG: "C.UTF-8",
  };
  const enter = ["unshare", "--mount", "bash", "-c", ENTER, "reader", outside, home, ...downloaded];
  return {
    outside,
    type: (command, directory, talk = []) => converse([...enter, directory, command], env, talk),
    dispose: () => rmSync(outside, { recursive: true }),
  };
}

/** In a mount namespace: $1 becomes the home $2, with the caches $3 and $4 in it; then in its directory $5 the command $6. */
const ENTER = `set -e
mount --bind "$3" "$1/.npm"
mount --bind "$4" "$1/.cache"
mount --rbind "$1" "$2"
cd "$2/$5"
exec bash -c "$6"`;

/** The machine that the README speaks of is the guest. */
function haveMachine(home: string, guest: Guest): void {
  mkdirSync(join(home, ".ssh"), { mode: 0o700 });
  copyFileSync(guest.privateKeyPath, join(home, ".ssh", "id_ed25519"));
  copyFileSync(guest.publicKeyPath, join(home, ".ssh", "id_ed25519.pub"));
  const lines = ["Host dev dev.example.org", `HostName ${guest.host}`, `Port ${guest.port}`, "User root"];
  writeFileSync(join(home, ".ssh", "config"), `${lines.join("\n  ")}\n`);
}

/**
 * Copies the files that are in version control, or would be. Of the tests only stand-ins: `npm test` runs here as written, but not all
 * of itself again.
 */
function copySource(checkout: string): void {
  const listed = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  for (const file of listed.stdout.toString().split("\0").filter(Boolean)) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    if (file.endsWith(".test.ts")) writeFileSync(join(checkout, file), STAND_IN);
    else copyFileSync(join(ROOT, file), join(checkout, file));
  }
}

const STAND_IN = `import { expect, test } from "bun:test";

test("stands for the others", () => expect(Bun.version).toBeString());
`;
