import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
   * Their home, seen from outside. It holds a key, and in `agentworks` a copy of the source without what was built or installed in it;
   * what is built there is on the PATH, behind `~/.local/bin`.
   */
  readonly outside: string;
  /** Types a command on a terminal, in a directory of their home. */
  type(command: string, directory: string, talk?: Talk): Promise<Shown>;
  dispose(): void;
}

/**
 * Reads as root, whose home is another directory for the time of a command: ssh asks the account database for it, not $HOME. (A directory
 * is put over it, not another database over /etc/passwd: whoever adds a user meanwhile would take that mount away.) What was downloaded
 * or built once stays known: packages of npm, runtimes, images. The machine `dev` of the ssh configuration is the guest.
 */
export function reader(guest?: Guest): Reader {
  const outside = mkdtempSync(join(tmpdir(), "agentworks-reader-"));
  const home = userInfo().homedir;
  const cache = join(process.env.XDG_CACHE_HOME ?? join(home, ".cache"), "agentworks");
  const known = [
    process.env.npm_config_cache ?? join(home, ".npm"),
    join(cache, "runtimes"),
    join(cache, "test-images"),
  ];
  for (const directory of known) mkdirSync(directory, { recursive: true });
  for (const directory of [".npm", ".cache/agentworks/runtimes", ".cache/agentworks/images"])
    mkdirSync(join(outside, directory), { recursive: true });
  haveKey(outside, guest);
  copySource(join(outside, "agentworks"));
  const path = [
    join(home, ".local", "bin"),
    join(home, "agentworks", "dist"),
    "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  ];
  const env = { HOME: home, PATH: path.join(":"), LANG: "C.UTF-8" };
  const enter = ["unshare", "--mount", "bash", "-c", ENTER, "reader", outside, home, ...known];
  return {
    outside,
    type: (command, directory, talk = []) => converse([...enter, directory, command], env, talk),
    dispose: () => rmSync(outside, { recursive: true }),
  };
}

/** In a mount namespace: $1 becomes the home $2, with what is known ($3, $4, $5) in it; then in its directory $6 the command $7. */
const ENTER = `set -e
mount --bind "$3" "$1/.npm"
mount --bind "$4" "$1/.cache/agentworks/runtimes"
mount --bind "$5" "$1/.cache/agentworks/images"
mount --rbind "$1" "$2"
cd "$2/$6"
exec bash -c "$7"`;

function haveKey(home: string, guest: Guest | undefined): void {
  const directory = join(home, ".ssh");
  mkdirSync(directory, { mode: 0o700 });
  if (guest === undefined) {
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(directory, "id_ed25519")]);
    return;
  }
  copyFileSync(guest.privateKeyPath, join(directory, "id_ed25519"));
  copyFileSync(guest.publicKeyPath, join(directory, "id_ed25519.pub"));
  const lines = ["Host dev.example.org", `HostName ${guest.host}`, `Port ${guest.port}`];
  writeFileSync(join(directory, "config"), `${lines.join("\n  ")}\n`);
}

/**
 * Copies the files that are in version control, or would be. Of the tests only stand-ins, for one of each kind and for those that run.sh
 * names: `npm test` runs here as written, but not all of itself again.
 */
function copySource(checkout: string): void {
  const listed = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  const runner = readFileSync(join(ROOT, "tests", "run.sh"), "utf8");
  const kinds = new Set<string>();
  const files = listed.stdout
    .toString()
    .split("\0")
    .filter((file) => file !== "" && existsSync(join(ROOT, file)));
  for (const file of files) {
    const isTest = file.endsWith(".test.ts");
    const kind = /^tests\/(guest\/qemu|guest)?/.exec(file)?.[0] ?? "";
    if (isTest && kinds.has(kind) && !runner.includes(file)) continue;
    if (isTest && !runner.includes(file)) kinds.add(kind);
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    if (isTest) writeFileSync(join(checkout, file), STAND_IN);
    else copyFileSync(join(ROOT, file), join(checkout, file));
  }
}

const STAND_IN = `import { expect, test } from "bun:test";

test("stands for the others", () => expect(Bun.version).toBeString());
`;
