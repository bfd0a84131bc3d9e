import { expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { printable } from "../../../cli/ui/printable.ts";
import { culprits } from "./attach.ts";
import { must, type Ran, SOCKET, type Target, WORKSPACES } from "./target.ts";

const LIMIT_MS = 10_000;
const TREASURE = "/srv/treasure";

/** Something of root's that nothing of ours may ever touch. */
export async function buryTreasure(target: Target): Promise<void> {
  await target.root(`mkdir -m 700 ${TREASURE}; mkdir ${TREASURE}/deep
    echo gold >${TREASURE}/deep/gold; chmod 600 ${TREASURE}/deep/gold`);
}

/** The operator makes, stops and deletes things of an agent that fights back. It ends with the machine given back. */
export function testRemoval(target: () => Target): void {
  for (const [name, scenario] of Object.entries(SCENARIOS)) test(name, () => scenario(target()));
}

const SCENARIOS: Readonly<Record<string, (target: Target) => Promise<void>>> = {
  "none of our commands uses a name where others may have put one before": usesNoSharedNames,
  "names that turn into links and back lead no command of ours out of a workspace": isNotLedOut,
  "a session that does not want to is stopped and deleted, with all that it started": endsSessions,
  "attaching to a server that is silent ends": endsAttaching,
  "a start among hostile programs and settings ends, and what they print is clean": startsAmongHostilePrograms,
  "an agent that does not want to is gone, with every process and file outside workspaces": endsAgents,
  "who comes later has a number that was nobody's": numbersAreNew,
  "the machine is given back while an agent fights, and nothing else goes with it": givesBack,
};

interface Unharmed extends Ran {
  /** Who ran the payload meanwhile. */
  readonly culprits: string;
}

/** A command of the operator's in the face of all this: in time, readable, and nothing of the agent's ran as anybody else. */
async function unharmed(target: Target, words: readonly string[], limitMs = LIMIT_MS): Promise<Unharmed> {
  const before = await treasure(target);
  await culprits(target);
  const ran = await target.agw(...words);
  expect(ran.ms, `${ran.stdout}${ran.stderr}`).toBeLessThan(limitMs);
  expect(printable(ran.stdout + ran.stderr)).toBe(ran.stdout + ran.stderr);
  expect(await treasure(target)).toBe(before);
  const seen = await culprits(target);
  expect(seen).not.toMatch(/uid=(?!\d+\(agt-mallory\))/);
  return { ...ran, culprits: seen };
}

const treasure = (target: Target) =>
  target.root(`find ${TREASURE} -printf '%p %M %U %G %T@ %C@ %s\\n'
    getfacl -R --absolute-names ${TREASURE}; cat ${TREASURE}/deep/gold`);

async function usesNoSharedNames({ agw, root }: Target): Promise<void> {
  const shared = () => root("stat -c '%n %y %z' /tmp /var/tmp /dev/shm /run/lock /dev/mqueue");
  const before = await shared();
  await must(agw("vm", "reinit", "dev"));
  await must(agw("workspace", "create", "brief"));
  await must(agw("agent", "create", "brief"));
  await must(agw("session", "create", "brief", "--agent", "brief", "--workspace", "brief", "--command", "sleep 1000"));
  await must(agw("session", "list"));
  await must(agw("vm", "describe", "dev"));
  await must(agw("session", "stop", "brief"));
  await must(agw("agent", "delete", "brief", "--force", "--yes"));
  await must(agw("workspace", "delete", "brief", "--yes"));
  expect(await shared()).toBe(before);
  await root("rm $(mktemp /tmp/agentworks.XXXXXX)");
  expect(await shared()).not.toBe(before);
}

async function isNotLedOut(target: Target): Promise<void> {
  const { agw, as, root } = target;
  await as("agt-mallory", SWAP);
  await unharmed(target, ["session", "create", "beside", "--agent", "mallory", "--workspace", "shared"]);
  await unharmed(target, ["session", "delete", "beside", "--yes"]);
  await must(agw("workspace", "create", "swapped"));
  await must(agw("session", "create", "swaps", "--agent", "mallory", "--workspace", "swapped"));
  await as("agt-mallory", SWAP.replaceAll(`${WORKSPACES}/shared`, `${WORKSPACES}/swapped`));
  expect((await unharmed(target, ["workspace", "delete", "swapped", "--force", "--yes"])).code).toBe(0);
  // Root below a workspace's entry: what repaired one in 0.3.0.
  const before = await treasure(target);
  await root(`for ((n = 0; n < 200; n++)); do chmod -R g+rwX ${WORKSPACES}/shared/d 2>/dev/null || true; done`);
  expect(await treasure(target)).not.toBe(before);
  await root(`pkill -9 -u agt-mallory perl; chmod -R g-rwx ${TREASURE}`);
}

async function endsSessions(target: Target): Promise<void> {
  await target.inSession(HOLD_OUT);
  await target.as("agt-mallory", RESIST);
  expect(await target.root("pgrep -cfx held-out")).toBe("30\n");
  expect((await unharmed(target, ["session", "stop", "own"])).code).toBe(0);
  expect(await target.root("pgrep -fx held-out || true")).toBe("");
  const deleted = await unharmed(target, ["session", "delete", "own", "--yes"]);
  // Its programs were run, by git's settings that are to go; they are the agent's own matter.
  expect(deleted.culprits).toMatch(/\(agt-mallory\)/);
  expect((await target.agw("session", "list", "--names-only")).stdout).not.toContain("own");
}

async function endsAttaching(target: Target): Promise<void> {
  await target.root("rm -rf /home/agt-mallory/.local /home/agt-mallory/.gitconfig");
  await must(target.agw("session", "create", "last", "--agent", "mallory", "--workspace", "shared"));
  await target.as("agt-mallory", RESIST.replaceAll(SOCKET, LAST));
  const { code, ms, stdout } = await target.onTerminal(15, ["session", "attach", "last"]);
  expect(stdout).toContain("session last does not answer");
  expect(code).toBe(1);
  expect(ms).toBeLessThan(LIMIT_MS);
}

async function startsAmongHostilePrograms(target: Target): Promise<void> {
  const { agw, home } = target;
  const create = ["session", "create", "again", "--agent", "mallory", "--workspace", "private"];
  // It tries, fails and undoes: each asks the agent's git twice.
  const failed = await unharmed(target, create, 3 * LIMIT_MS);
  expect(failed.culprits).toMatch(/\(agt-mallory\)/);
  expect(failed.stdout + failed.stderr).toContain("owned");
  for (const file of await readdir(join(home, "logs"))) {
    const text = await readFile(join(home, "logs", file), "utf8");
    expect(printable(text)).toBe(text);
  }
  const logs = (await agw("vm", "logs", "dev")).stdout;
  expect(printable(logs)).toBe(logs);
}

async function endsAgents(target: Target): Promise<void> {
  const { as, root } = target;
  const uid = (await root("id -u agt-mallory")).trim();
  await as("agt-mallory", LITTER);
  await as("agt-mallory", FIGHT);
  expect((await unharmed(target, ["agent", "delete", "mallory", "--force", "--yes"])).code).toBe(0);
  expect(await root(`pgrep -U ${uid} || true; getent passwd ${uid} || true`)).toBe("");
  expect(await root(`find / -xdev -uid ${uid} ! -path '${WORKSPACES}/*' ! -path '/proc/*'`)).toBe("");
  expect(
    await root(`find /dev/shm /run -uid ${uid}; awk '{ print $8 }' /proc/sysvipc/shm | grep -x ${uid} || true`),
  ).toBe("");
}

async function numbersAreNew({ agw, as, root }: Target): Promise<void> {
  const file = `${WORKSPACES}/shared/leftover`;
  const owner = (await root(`stat -c %u ${file}`)).trim();
  await must(agw("agent", "create", "mallory"));
  await must(agw("session", "create", "fresh", "--agent", "mallory", "--workspace", "shared"));
  const look = `ls ${file}; cat ${file}`;
  expect(await as("agt-mallory", look)).not.toMatch(/leftover-canary/);
  await root(`sed -i.kept 's/^\\(agt-mallory:x\\):[0-9]*/\\1:${owner}/' /etc/passwd`);
  expect(await as("agt-mallory", look)).toMatch(/leftover-canary/);
  await root("mv /etc/passwd.kept /etc/passwd");
}

async function givesBack(target: Target): Promise<void> {
  await target.as("agt-mallory", `${LITTER}\n${SWAP}\n${FIGHT}`);
  const before = await treasure(target);
  const ran = await target.agw("vm", "delete", "dev", "--purge", "--force", "--yes");
  expect(ran).toMatchObject({ code: 0 });
  expect(await treasure(target)).toBe(before);
  expect(await culprits(target)).toBe("");
  expect(
    await target.root("getent passwd | grep -E '^(agt|ws)-' || true; ls -A /opt/agentworks 2>/dev/null || true"),
  ).toBe("");
}

const LAST = "/run/agentworks/sessions/last/tmux";

/** A name in the workspace is a directory at one moment, and root's at the next. */
const SWAP = `cd ${WORKSPACES}/shared && mkdir -p d && echo mine >d/mine && ln -sfn ${TREASURE} link
setsid perl -e 'while (-e ".") { rename "d", "real"; rename "link", "d"; select undef, undef, undef, 0.0005; rename "d", "link"; rename "real", "d" }' >/dev/null 2>&1 </dev/null &
sleep 0.2`;

/** Programs in the place of ours, settings that hang whoever reads them, and a tmux that does not answer. */
const RESIST = `
mkdir -p ~/.local/bin
printf '#!/bin/bash\\ntrap "" TERM INT HUP\\nprintf "\\\\e]0;owned\\\\a\\\\e]52;c;b3duZWQ=\\\\a\\\\n"; printf "\\\\e]0;owned\\\\a\\\\n" >&2\\n/srv/payload\\nwhile :; do sleep 1; done\\n' >~/.local/bin/git
chmod 755 ~/.local/bin/git
for name in tmux env head timeout setpriv cat stat; do cp ~/.local/bin/git ~/.local/bin/$name; done
rm -f ~/.gitconfig; mkfifo ~/.gitconfig
mv ${SOCKET} ${SOCKET}.own
setsid /usr/bin/perl -MIO::Socket::UNIX -e '$SIG{PIPE} = "IGNORE"; my $s = IO::Socket::UNIX->new(Local => "${SOCKET}", Listen => 9);
  while (my $c = $s->accept) { next if fork; sysread $c, my $x, 99; sleep 1000 }' >/dev/null 2>&1 </dev/null &`;

/** Many that ignore every signal that can be ignored, in groups and sessions of their own. */
const HOLD_OUT = `for ((count = 0; count < 30; count++)); do
  setsid perl -e '$0 = "held-out"; $SIG{$_} = "IGNORE" for qw(TERM HUP INT QUIT); sleep 1 while 1' >/dev/null 2>&1 </dev/null &
done; sleep 0.3`;

/** Those who kill whoever comes to kill them, and are many again when some are gone. */
const FIGHT = `
for ((count = 0; count < 3; count++)); do
  setsid perl -e '$SIG{$_} = "IGNORE" for qw(TERM HUP INT QUIT CHLD);
    while (1) { if (!fork) { for (1 .. 50) { for my $f (glob "/proc/[0-9]*/comm") { open my $h, "<", $f or next; my $n = <$h> // ""; $n =~ /bash|setpriv/ and $f =~ /(\\d+)/ and kill 9, $1 } } exit } select undef, undef, undef, 0.05 }' >/dev/null 2>&1 </dev/null &
done; sleep 0.2`;

/** What is left in every place that one may write to. */
const LITTER = `
cd ~; ln -s ${TREASURE} treasure; ln -s ${TREASURE}/deep/gold gold; ln -s / root; ln -s ~ loop
deep=.; for ((depth = 0; depth < 300; depth++)); do deep+=/d; done; mkdir -p $deep; ln -s ${TREASURE} $deep/treasure
mkdir closed && ln -s ${TREASURE} closed/t && chmod 000 closed; touch -- '-rf' $'line\\nbreak' '*'; mkfifo pipe
for place in /tmp /var/tmp /dev/shm; do mkdir $place/of-mallory; ln -s ${TREASURE} $place/of-mallory/t; ln -s ${TREASURE} $place/link-of-mallory; touch $place/$'a\\nb'; done
echo leftover-canary >${WORKSPACES}/shared/leftover; chmod 600 ${WORKSPACES}/shared/leftover; ln -s ${TREASURE} ${WORKSPACES}/shared/treasure 2>/dev/null
ipcmk --shmem 99 --queue --semaphore 2 >/dev/null`;
