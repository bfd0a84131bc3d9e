import { appendFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import type { Guest } from "../harness/guest.ts";
import { on } from "../machine/lab.ts";
import type { Reader } from "./reader.ts";
import { CHECKOUT, configurationOf, DETACH, type Story } from "./story.ts";

const DOWNLOADS = "Downloads";
const NEXT_CHOICE = "\x1b[B\r";
const YES = [["?", "y"]] as const;

/** Who builds the program, takes it from an archive, and works with it on a machine that was there: all of the README but QEMU. */
export function adopting(guest: () => Guest, reader: () => Reader): Story {
  return {
    "npm ci": { at: CHECKOUT, shows: "added " },
    "npm run build": { at: CHECKOUT },
    "npm test": { at: CHECKOUT, shows: /\d passed, 0 failed/ },
    "npm run test:unit": { at: CHECKOUT, shows: /\d passed, 0 failed/ },
    "npm run check": { at: CHECKOUT, shows: "shell format" },
    "sha256sum --check --ignore-missing SHA256SUMS": {
      at: DOWNLOADS,
      before: () => download(reader()),
      shows: /agentworks-[0-9.]+-linux-x64\.tar\.gz: OK/,
    },
    "tar -xzf agentworks-*-linux-x64.tar.gz": { at: DOWNLOADS },
    "mkdir -p ~/.local/bin": { at: DOWNLOADS },
    "cp -P agentworks-*-linux-x64/ag* ~/.local/bin/": { at: DOWNLOADS },
    "agentworks vm create dev --host root@dev.example.org --dry-run | less": { talk: [["#> vm create dev on", "q"]] },
    "agentworks vm create dev --host root@dev.example.org": {
      talk: [
        ["Is this the machine's key?", NEXT_CHOICE],
        ["Go on?", "y"],
      ],
    },
    "agentworks workspace create site --repo https://github.com/me/site": { before: () => publishSite(guest()) },
    "agentworks agent create claude": {},
    "agentworks session create fix --workspace site --agent claude --command 'claude --continue'": {
      before: () => installClaude(guest()),
    },
    "agentworks session list": { shows: /fix .*running/ },
    "agentworks session attach fix": { talk: [["claude goes on", DETACH]], shows: "detached" },
    "agentworks vm describe dev": { shows: "running" },
    "agentworks vm exec dev -- uptime": { shows: "load average" },
    "agentworks vm shell dev": { talk: [["% ", "id -un; exit\r"]], shows: "\nagentworks\r\n" },
    "agentworks vm plan dev": {
      code: 3,
      before: () => appendFileSync(configurationOf(reader()), '[admin.config]\nshell = "bash"\n'),
    },
    "agentworks vm reinit dev": {},
    "agentworks session stop fix": {},
    "agentworks session delete fix": { talk: YES },
    "agentworks agent delete claude": { talk: YES },
    "agentworks workspace delete site": { talk: YES },
    "agentworks vm delete dev --purge": { talk: YES },
  };
}

/** Puts the archive for this computer where somebody who downloads would have it. */
async function download(reader: Reader): Promise<void> {
  const { code, shown } = await reader.type("node_modules/.bin/bun build.ts --release linux-x64", CHECKOUT);
  if (code !== 0) throw new Error(`no archive: ${shown}`);
  cpSync(join(reader.outside, CHECKOUT, "dist", "release"), join(reader.outside, DOWNLOADS), { recursive: true });
}

/** The repository that the README clones, on a machine that has no internet. */
async function publishSite(guest: Guest): Promise<void> {
  await on(
    guest,
    `git init --quiet --bare /srv/me/site
    git config --system --add safe.directory /srv/me/site
    git config --system url.file:///srv/me/.insteadOf https://github.com/me/
    git clone --quiet /srv/me/site /srv/work 2>/dev/null && cd /srv/work && echo hello >index.html && git add .
    git -c user.name=me -c user.email=me@example.org commit --quiet -m one && git push --quiet origin HEAD`,
  );
}

async function installClaude(guest: Guest): Promise<void> {
  const program = '#!/bin/bash\n[[ $* == --continue ]] && echo "claude goes on in $PWD" && exec sleep infinity\n';
  await on(guest, `printf %s '${program}' >/usr/local/bin/claude; chmod +x /usr/local/bin/claude`);
}
