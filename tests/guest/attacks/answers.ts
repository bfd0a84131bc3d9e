import { expect, test } from "bun:test";
import { printable } from "../../../cli/ui/printable.ts";
import { SOCKET, type Target } from "./target.ts";

const RUN = "/run/agentworks/sessions/own";

/** Something that a session says of itself when it is asked how it is. */
interface Answer {
  readonly name: string;
  /** As mallory, and how to take it back. */
  readonly lie: string;
  readonly truth: string;
  /** What the operator would do who trusts it, as root, and how one sees that it was a mistake. */
  readonly naive: string;
  readonly fooled: RegExp;
}

const ASK = `timeout --kill-after=0.3 1 tmux -N -S ${SOCKET} display-message -p -t =own: 'it says #{session_name}' >/dev/null`;
/** A server in place of tmux's, which stays as it is. */
const serve = (perl: string) => `
mv ${SOCKET} ${SOCKET}.own
setsid perl -MIO::Socket::UNIX -e '
  $SIG{PIPE} = "IGNORE"; $| = 1;
  my $server = IO::Socket::UNIX->new(Local => "${SOCKET}", Listen => 9) or die;
  while (my $c = $server->accept) { next if fork; ${perl} exit }' >/dev/null 2>&1 </dev/null &
echo $! >~/server
for ((tries = 0; tries < 50; tries++)); do [[ ! -S ${SOCKET} ]] || break; sleep 0.05; done`;
const SERVED = `pkill -9 perl; mv -T ${SOCKET}.own ${SOCKET}`;
const HANGS = /code 1(24|37)/;
const EXIT_GONE = `rm -f ${RUN}/exit`;

const ANSWERS: readonly Answer[] = [
  {
    name: "a server that accepts and is silent",
    lie: serve("sleep 1000;"),
    truth: SERVED,
    naive: ASK,
    fooled: HANGS,
  },
  {
    name: "a server that floods",
    lie: serve('print $c "x" x 65535 . "\n" while 1;'),
    truth: SERVED,
    naive: `timeout 1 perl -MIO::Socket::UNIX -e 'my $c = IO::Socket::UNIX->new(Peer => "${SOCKET}"); print while <$c>' | wc -c`,
    fooled: /^\d{7,}$/m,
  },
  {
    name: "a server that talks escape sequences",
    lie: serve('print $c "\\e]0;owned\\a\\e]52;c;b3duZWQ=\\a\\eP+q\\e\\\\agw 0 1\\n" x 9;'),
    truth: SERVED,
    naive: `timeout 1 perl -MIO::Socket::UNIX -e 'my $c = IO::Socket::UNIX->new(Peer => "${SOCKET}"); print <$c>'`,
    fooled: /owned/,
  },
  {
    name: "a tmux that is stopped",
    lie: "kill -STOP $(pgrep -u $UID -f 'tmux -D')",
    truth: "kill -CONT $(pgrep -u $UID -f 'tmux -D')",
    naive: ASK,
    fooled: HANGS,
  },
  {
    name: "no way into its directory",
    lie: `chmod 000 ${RUN}`,
    truth: `chmod 700 ${RUN}`,
    naive: "setpriv --reuid agt-mallory --clear-groups ls /run/agentworks/sessions/own",
    fooled: /code 2/,
  },
  {
    name: "an exit status that is a pipe",
    lie: `mkfifo ${RUN}/exit`,
    truth: EXIT_GONE,
    naive: `timeout 1 cat ${RUN}/exit`,
    fooled: HANGS,
  },
  {
    name: "an exit status that is a file of root's",
    lie: `ln -s /etc/shadow ${RUN}/exit`,
    truth: EXIT_GONE,
    naive: `head -c 4 ${RUN}/exit`,
    fooled: /root/,
  },
  {
    name: "an exit status without an end",
    lie: `ln -s /dev/zero ${RUN}/exit`,
    truth: EXIT_GONE,
    naive: `timeout 1 cat ${RUN}/exit | head -c 99999999 | wc -c`,
    fooled: /^\d{7,}$/m,
  },
  {
    name: "an exit status that is none",
    lie: `printf '\\e]0;owned\\a0\\n@session\\tvic\\tstopped\\t-\\t-\\t-\\t-\\n' >${RUN}/exit`,
    truth: EXIT_GONE,
    naive: `cat ${RUN}/exit`,
    fooled: /owned/,
  },
  {
    name: "programs of its own in its PATH, and start-up files that hang, exit and print",
    lie: `mkdir -p ~/.local/bin; printf '#!/bin/bash\\nprintf "\\\\e]0;owned\\\\a"\\n/srv/payload\\ntrap "" TERM\\nsleep 1000\\n' >~/.local/bin/tmux
      chmod 755 ~/.local/bin/tmux; for name in git head timeout bash env cat sh; do cp ~/.local/bin/tmux ~/.local/bin/$name; done
      for file in .profile .bash_profile .zshenv; do cp ~/.local/bin/tmux ~/$file; done; cp ~/.bashrc ~/.bashrc.kept; cp ~/.local/bin/tmux ~/.bashrc`,
    truth: "",
    naive:
      "setpriv --reuid agt-mallory --init-groups env -i HOME=/home/agt-mallory timeout --kill-after=0.3 1 bash -lc true",
    fooled: HANGS,
  },
];

/** `session list` asks a session that lies: the answer comes in time, is clean, and the other sessions are as they are. */
export function testAnswers(target: () => Target, culprits: (target: Target) => Promise<string>): void {
  for (const answer of ANSWERS) {
    test(`list, describe: ${answer.name}`, async () => {
      const { agw, as, root } = target();
      await as("agt-mallory", answer.lie);
      try {
        const [list, described] = await Promise.all([agw("session", "list"), agw("session", "describe", "own")]);
        for (const { code, stdout, stderr, ms } of [list, described]) {
          expect(code).toBe(0);
          expect(printable(stdout + stderr)).toBe(stdout + stderr);
          expect(stdout + stderr).not.toContain("owned");
          expect(ms).toBeLessThan(10_000);
        }
        expect(list.stdout).toMatch(/^vic .* running$/m);
        expect(list.stdout).toMatch(/^boss .* running$/m);
        expect(await culprits(target())).not.toMatch(/uid=(?!\d+\(agt-mallory\))/);
        expect(await root(`set +e; ${answer.naive}; echo "code $?"`)).toMatch(answer.fooled);
      } finally {
        await root(`setpriv --reuid agt-mallory --regid agt-mallory --clear-groups env HOME=/home/agt-mallory bash -c ${quoted(answer.truth)} || true
          rm -rf /home/agt-mallory/.local /home/agt-mallory/.{profile,bash_profile,zshenv}
          if [[ -e /home/agt-mallory/.bashrc.kept ]]; then mv /home/agt-mallory/.bashrc{.kept,}; fi; rm -f /srv/evidence/*`);
      }
    });
  }
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
