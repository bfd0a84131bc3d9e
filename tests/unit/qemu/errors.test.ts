import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { readCase, runCase } from "../../golden/case.ts";
import { nextProblem } from "../../golden/next.ts";
import { executable } from "../executable.ts";

setDefaultTimeout(60_000);

const ERRORS = join(import.meta.dir, "..", "..", "golden", "errors", "qemu");

let shop: string;
let homes: string;
let server: Bun.Server<undefined>;
beforeAll(() => {
  shop = mkdtempSync(join(tmpdir(), "agw-qemu-errors-"));
  homes = mkdtempSync(join(tmpdir(), "agw-qemu-homes-"));
  for (const directory of [shop, homes]) chmodSync(directory, 0o755);
  Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", join(shop, "key")]);
  Bun.spawnSync(["chown", "nobody", join(shop, "key")]);
  const bun = join(import.meta.dir, "..", "..", "..", "node_modules", ".bin", "bun");
  write(
    "program",
    `#!/bin/bash\nexec env BUN_RUNTIME_TRANSPILER_CACHE_PATH=0 ${bun} ${join(import.meta.dir, "program.ts")} "$@"\n`,
  );
  cpSync(executable(), join(shop, "agentworks"));
  // A home that a user of no rights has, but for the place of machines.
  const become = "setpriv --reuid nobody --regid nogroup --clear-groups --";
  const own = 'chown -R nobody "$HOME" && install -d -m 755 "$HOME/machines"';
  write("as-nobody", `#!/bin/bash\n${own} && exec ${become} ${shop}/agentworks "$@"\n`);
  const wrong = `${createHash("sha512").update("another").digest("hex")}  disk.qcow2\n`;
  const answer = (path: string) => (path === "/SHA512SUMS" ? wrong : "not what the sum says");
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) => new Response(answer(new URL(url).pathname)),
  });
  writeFileSync(join(shop, "talks.img"), talkingDisk("no system on this disk\r\nlast words\r\n"));
});
afterAll(async () => {
  await server?.stop(true);
  for (const directory of [shop, homes]) rmSync(directory, { recursive: true, force: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(shop, name), text, { mode: 0o755 });
}

/** A disk whose boot sector says something on the first serial port, and stands still: mov dx,3f8; mov si,7c10; lodsb; test; jz; out; jmp. */
function talkingDisk(words: string): Uint8Array {
  const disk = new Uint8Array(1_048_576);
  disk.set([0x31, 0xc0, 0x8e, 0xd8, 0xba, 0xf8, 0x03, 0xbe, 0x20, 0x7c, 0xfc, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee]);
  disk.set([0xeb, 0xf8, 0xf4, 0xeb, 0xfd], 17);
  disk.set(new TextEncoder().encode(words), 0x20);
  disk.set([0x55, 0xaa], 510);
  return disk;
}

/** Ports, ids and times differ from run to run. */
function stable(text: string): string {
  return text
    .replaceAll(/\bport \d{4,5}/g, "port PORT")
    .replaceAll(/sport = :\d+/g, "sport = :PORT")
    .replaceAll(/\d{8}T\d{6}Z/g, "TIME")
    .replaceAll(/\d+\.\ds/g, "0.0s")
    .replaceAll(/ in \d+s/g, " in 0s");
}

describe("a machine that QEMU cannot make", () => {
  for (const file of [...new Bun.Glob("*.toml").scanSync(ERRORS)].sort()) {
    test(basename(file, ".toml"), async () => {
      const path = join(ERRORS, file);
      const { exit, stderr, leaves, env } = readCase(path);
      const home = mkdtempSync(join(homes, "home-"));
      const placeholders = { SHOP: shop, SERVER: `http://127.0.0.1:${server.port}` };
      const program = join(shop, env.TEST_PROGRAM ?? "program");
      try {
        const outcome = await runCase(path, { executable: program, home, placeholders });
        const left = outcome.leaves.filter((name) => !name.startsWith("logs/"));
        expect({ ...outcome, stderr: stable(outcome.stderr), leaves: left }).toEqual({
          exit,
          stderr,
          stdout: "",
          leaves,
        });
        expect(await nextProblem(stderr)).toBeUndefined();
      } finally {
        Bun.spawnSync([program, "vm", "delete", "box", "--yes"], {
          env: { ...process.env, HOME: home, AGENTWORKS_HOME: home },
        });
      }
    });
  }
});

test("a port that another program has by now", async () => {
  const home = mkdtempSync(join(homes, "home-"));
  const config = readCase(join(ERRORS, "never-boots.toml")).files["config.toml"] ?? "";
  writeFileSync(join(home, "config.toml"), config.replaceAll("$SHOP", shop));
  const env = { ...process.env, HOME: home, AGENTWORKS_HOME: home };
  const agentworks = async (...words: string[]) => {
    const child = Bun.spawn([join(shop, "program"), ...words, "--non-interactive"], {
      env,
      stderr: "pipe",
      stdout: "pipe",
    });
    return { code: await child.exited, stderr: await child.stderr.text() };
  };
  const sizes = ["--cpus", "1", "--memory", "1", "--disk", "2"];
  const first = await agentworks("vm", "create", "box", "--platform", "qemu", ...sizes);
  const port = Number(/port (\d+)/.exec(first.stderr)?.[1]);
  await agentworks("vm", "stop", "box");
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(port, "127.0.0.1", resolve));
  const { code, stderr } = await agentworks("vm", "create", "box");
  other.close();
  expect({ code, stderr: stable(stderr) }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      "Error: port PORT on 127.0.0.1, by which box is reached, is in use by another program\nNext: ss -ltnp 'sport = :PORT'",
    ),
  });
  expect(await agentworks("vm", "delete", "box", "--yes")).toMatchObject({ code: 0 });
});
