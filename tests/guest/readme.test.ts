import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { appendFileSync, cpSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bootGuest, type Guest } from "./harness/guest.ts";
import { on } from "./machine/lab.ts";
import { type Fence, fencesOf, type Line, linesOf } from "./readme/fences.ts";
import { type Reader, reader, type Talk } from "./readme/reader.ts";

const ROOT = join(import.meta.dir, "..", "..");
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const LIMIT_MS = 120_000;

/** What a reader meets who types a command of the README. */
interface Claim {
  /** 0 unless told. */
  readonly code?: number;
  readonly talk?: Talk;
  /** Words that it shows. */
  readonly shows?: string | RegExp;
  /** The reader's directory below the home: the home itself unless told. */
  readonly at?: string;
  /** What the reader or the world does first. */
  readonly before?: () => unknown;
}

let guest: Guest;
let someone: Reader;
const CHECKOUT = "agentworks";
const DOWNLOADS = "Downloads";
const configuration = () => join(someone.outside, ".config", "agentworks", "config.toml");
const YES = "\x1b[B\r";
const DETACH = "\x02d";

/** Every command of the README's `sh` blocks, in order, and what it comes to on a real machine. */
const CLAIMS: Readonly<Record<string, Claim>> = {
  "npm ci": { at: CHECKOUT, shows: "added " },
  "npm run build": { at: CHECKOUT },
  "npm test": { at: CHECKOUT, shows: /\d passed, 0 failed/ },
  "npm run test:unit": { at: CHECKOUT, shows: /\d passed, 0 failed/ },
  "npm run check": { at: CHECKOUT, shows: "shell format" },
  "sha256sum --check --ignore-missing SHA256SUMS": {
    at: DOWNLOADS,
    before: download,
    shows: /agentworks-[0-9.]+-linux-x64\.tar\.gz: OK/,
  },
  "tar -xzf agentworks-*-linux-x64.tar.gz": { at: DOWNLOADS },
  "mkdir -p ~/.local/bin": { at: DOWNLOADS },
  "cp -P agentworks-*-linux-x64/ag* ~/.local/bin/": { at: DOWNLOADS },
  "agentworks vm create dev --host root@dev.example.org --dry-run | less": { talk: [["#> vm create dev on", "q"]] },
  "agentworks vm create dev --host root@dev.example.org": {
    talk: [
      ["Is this the machine's key?", YES],
      ["Go on?", "y"],
    ],
  },
  "agentworks workspace create site --repo https://github.com/me/site": { before: publishSite },
  "agentworks agent create claude": {},
  "agentworks session create fix --workspace site --agent claude --command 'claude --continue'": {
    before: installClaude,
  },
  "agentworks session list": { shows: /fix .*running/ },
  "agentworks session attach fix": { talk: [["claude goes on", DETACH]], shows: "detached" },
  "agentworks vm describe dev": { shows: "running" },
  "agentworks vm exec dev -- uptime": { shows: "load average" },
  "agentworks vm shell dev": { talk: [["% ", "id -un; exit\r"]], shows: "\nagentworks\r\n" },
  "agentworks vm plan dev": { code: 3, before: wantBash },
  "agentworks vm reinit dev": {},
  "agentworks session stop fix": {},
  "agentworks session delete fix": { talk: [["?", "y"]] },
  "agentworks agent delete claude": { talk: [["?", "y"]] },
  "agentworks workspace delete site": { talk: [["?", "y"]] },
  "agentworks vm delete dev --purge": { talk: [["?", "y"]] },
};

/** Commands that a test of its own runs, in words that it holds: it takes other machines than this one, or too long. */
const ELSEWHERE: Readonly<Record<string, string>> = {};

beforeAll(async () => {
  guest = await bootGuest();
  someone = reader(guest);
}, LIMIT_MS);
afterAll(async () => {
  someone?.dispose();
  await guest?.dispose();
});

describe("a reader of the README", () => {
  for (const fence of fencesOf(README)) {
    if (fence.language === "sh") for (const line of linesOf(fence)) types(line);
    else if (fence.language === "toml") configures(fence);
    else test(`line ${fence.line}: ${fence.language}`, () => expect(["sh", "toml"]).toContain(fence.language));
  }

  test("has met every command that is claimed here", () => {
    const written = fencesOf(README).flatMap((fence) => linesOf(fence).map(({ command }) => command));
    expect([...Object.keys(CLAIMS), ...Object.keys(ELSEWHERE)].filter((claim) => !written.includes(claim))).toEqual([]);
  });
});

/** The line that did not come to what it should: those after it build on it. */
let stuck: number | undefined;

function types({ line, written, command }: Line): void {
  test(
    `types line ${line}: ${command}`,
    async () => {
      const elsewhere = ELSEWHERE[command];
      if (elsewhere !== undefined) return expect(readFileSync(join(ROOT, elsewhere), "utf8")).toContain(command);
      const claim = CLAIMS[command];
      if (claim === undefined) throw new Error("no test says what this command comes to: add it to CLAIMS");
      if (stuck !== undefined) throw new Error(`see line ${stuck}`);
      stuck = line;
      await claim.before?.();
      const { code, shown, unsent } = await someone.type(written, claim.at ?? ".", claim.talk);
      expect({ code, unsent, shown }).toEqual({ code: claim.code ?? 0, unsent: 0, shown: expect.any(String) });
      expect(shown).toMatch(claim.shows ?? "");
      stuck = undefined;
    },
    LIMIT_MS,
  );
}

/** Blocks of configuration are added to what the reader has, from the top of the README to its end. */
function configures({ line, text }: Fence): void {
  test(`writes line ${line} into config.toml: ${text.split("\n")[0]}`, async () => {
    mkdirSync(dirname(configuration()), { recursive: true });
    appendFileSync(configuration(), `${text}\n`);
    const { code, shown } = await someone.type("agentworks vm list", ".");
    expect({ code, shown }).toEqual({ code: 0, shown: expect.not.stringContaining("config.toml") });
  });
}

/** Puts the archive for this computer where somebody who downloads would have it. */
async function download(): Promise<void> {
  const { code, shown } = await someone.type("node_modules/.bin/bun build.ts --release linux-x64", CHECKOUT);
  if (code !== 0) throw new Error(`no archive: ${shown}`);
  cpSync(join(someone.outside, CHECKOUT, "dist", "release"), join(someone.outside, DOWNLOADS), { recursive: true });
}

/** The repository that the README clones, on a machine that has no internet. */
async function publishSite(): Promise<void> {
  await on(
    guest,
    `git init --quiet --bare /srv/me/site
    git config --system --add safe.directory /srv/me/site
    git config --system url.file:///srv/me/.insteadOf https://github.com/me/
    git clone --quiet /srv/me/site /srv/work 2>/dev/null && cd /srv/work && echo hello >index.html && git add .
    git -c user.name=me -c user.email=me@example.org commit --quiet -m one && git push --quiet origin HEAD`,
  );
}

async function installClaude(): Promise<void> {
  const program = '#!/bin/bash\n[[ $* == --continue ]] && echo "claude goes on in $PWD" && exec sleep infinity\n';
  await on(guest, `printf %s '${program}' >/usr/local/bin/claude; chmod +x /usr/local/bin/claude`);
}

function wantBash(): void {
  appendFileSync(configuration(), '[admin.config]\nshell = "bash"\n');
}
