import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { executable } from "../executable.ts";

/** A computer on which nothing of ours was ever run, and whose PATH holds what a test puts there. */
export interface Desk {
  readonly home: string;
  /** `~/.config/agentworks` */
  readonly own: string;
  /** Puts a program of this computer on its PATH. */
  link(...programs: readonly string[]): void;
  /** Puts a bash script there. */
  program(name: string, script: string): void;
  /** Makes a key in ~/.ssh. */
  key(name: string, passphrase: string): void;
  run(...argv: readonly string[]): { readonly code: number; readonly stdout: string; readonly stderr: string };
}

const DESKS = mkdtempSync(join(tmpdir(), "agentworks-quickstart-"));

/** A computer with the programs of the OpenSSH client, as far as no network is needed. */
export function freshDesk(): Desk {
  const home = mkdtempSync(join(DESKS, "home-"));
  const bin = join(home, "bin");
  mkdirSync(bin);
  const program = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  const link = (...programs: readonly string[]) => {
    for (const name of programs) symlinkSync(Bun.which(name) ?? `/nonexistent/${name}`, join(bin, name));
  };
  link("ssh-add", "ssh-keygen", "ssh-keyscan");
  program("ssh", "echo 'ssh: connect to host x port 22: Connection refused' >&2; exit 255");
  return {
    home,
    own: join(home, ".config", "agentworks"),
    link,
    program,
    key(name, passphrase) {
      const path = join(home, ".ssh", name);
      mkdirSync(join(home, ".ssh"), { recursive: true, mode: 0o700 });
      const type = name === "id_rsa" ? "rsa" : "ed25519";
      Bun.spawnSync(["ssh-keygen", "-q", "-t", type, "-N", passphrase, "-f", path]);
    },
    run(...argv) {
      const env = { HOME: home, PATH: bin };
      const options = { env, cwd: home, stdin: "ignore", stdout: "pipe", stderr: "pipe" } as const;
      const { exitCode, stdout, stderr } = Bun.spawnSync([executable(), "quickstart", ...argv], options);
      return { code: exitCode, stdout: stdout.toString(), stderr: stderr.toString() };
    },
  };
}
