import type { Attack } from "./attack.ts";
import { SOCKET, type Target, WORKSPACES } from "./target.ts";

const PRIVATE = `${WORKSPACES}/private`;

/** What lies where mallory must not get at it. */
export async function hideThings(target: Target): Promise<void> {
  await target.as("agt-victim", `umask 022; echo home-canary >~/secret; echo workspace-canary >${PRIVATE}/secret`);
  await target.as("agentworks", "umask 022; echo admin-canary >~/secret");
  await target.as("ws-private", "umask 022; echo hand-canary >~/secret");
  // Mallory has worked there before, and may no longer.
  await target.agw("session", "create", "once", "--agent", "mallory", "--workspace", "private");
  await target.agw("session", "delete", "once", "--yes");
}

/** One user: what keeps agents apart in the kernel. Undone by `TWO_USERS`. */
export const ONE_USER =
  'sed -i.two-users "s/^\\(agt-mallory:x\\):[0-9]*:[0-9]*:/\\1:$(id -u agt-victim):$(id -g agt-victim):/" /etc/passwd; ' +
  "for file in /proc/sys/kernel/yama/ptrace_scope; do [[ ! -e $file ]] || echo 0 >$file; done";
export const TWO_USERS =
  "mv /etc/passwd.two-users /etc/passwd; " +
  "for file in /proc/sys/kernel/yama/ptrace_scope; do [[ ! -e $file ]] || echo 1 >$file; done";

/** Kernel settings may be shared with machines that set them too, at any moment: so again and again. */
export const switchOff = (...settings: readonly string[]): string =>
  `systemd-run --quiet --unit=weak bash -c 'while :; do ${settings.map((file) => `echo 0 >/proc/sys/${file};`).join(" ")} sleep 0.02; done'; sleep 0.2`;
export const switchOn = (...settings: readonly string[]): string =>
  `systemctl stop weak; for file in ${settings.join(" ")}; do echo 1 >/proc/sys/$file; done`;

/** Files and sockets of others. */
export const FILE_ATTACKS: readonly Attack[] = [
  {
    name: "another agent's home, to read",
    tries: "cat /home/agt-victim/secret; ls -la /home/agt-victim",
    won: /home-canary/,
    weaken: "chmod 755 /home/agt-victim",
    restore: "chmod 700 /home/agt-victim",
  },
  {
    name: "another agent's home, to write",
    tries: "echo evil >>/home/agt-victim/.bashrc; cp /etc/hostname /home/agt-victim/planted && echo planted in a home",
    won: /planted in a home/,
    weaken: "chmod 777 /home/agt-victim",
    restore: "rm /home/agt-victim/planted; chmod 700 /home/agt-victim",
  },
  {
    name: "the admin's home",
    tries: "cat /home/agentworks/secret",
    won: /admin-canary/,
    weaken: "chmod 755 /home/agentworks",
    restore: "chmod 700 /home/agentworks",
  },
  {
    name: "the home of a workspace's user",
    tries: "cat /home/ws-private/secret /home/ws-shared/secret",
    won: /hand-canary/,
    weaken: "chmod 755 /home/ws-private",
    restore: "chmod 700 /home/ws-private",
  },
  {
    name: "a workspace without a grant, to list",
    tries: `ls -la ${PRIVATE}`,
    won: /secret/,
    weaken: `chmod o+rx ${PRIVATE}`,
    restore: `chmod o-rwx ${PRIVATE}`,
  },
  {
    name: "a file in a workspace without a grant, by its name and the default access list",
    tries: async ({ as }) => {
      await as("agt-victim", `rm -f ${PRIVATE}/fresh; umask 022; echo fresh-canary >${PRIVATE}/fresh`);
      return as("agt-mallory", `cat ${PRIVATE}/fresh; echo; echo tried`);
    },
    won: /fresh-canary/,
    weaken: `chmod 2771 ${PRIVATE}; setfacl -d -m o::rx ${PRIVATE}`,
    restore: `chmod 2770 ${PRIVATE}; setfacl -d -m o::--- ${PRIVATE}`,
  },
  {
    name: "a workspace without a grant, to write",
    tries: `echo >${PRIVATE}/planted && echo planted in a workspace`,
    won: /planted in a workspace/,
    weaken: `chmod 2777 ${PRIVATE}`,
    restore: `rm ${PRIVATE}/planted; chmod 2770 ${PRIVATE}`,
  },
  {
    name: "a workspace that it was granted once, by its group",
    tries: `id; cat ${PRIVATE}/secret; timeout 2 sg ws-private 'cat ${PRIVATE}/secret' </dev/null`,
    won: /workspace-canary/,
    weaken: "gpasswd --add agt-mallory ws-private",
    restore: "gpasswd --delete agt-mallory ws-private",
  },
  {
    name: "the directory that another's process works in",
    tries: `for pid in ${"$(cat $(find /sys/fs/cgroup -path '*session-vic*/cgroup.procs'))"}; do
      cat /proc/$pid/root/home/agt-victim/secret; ls /proc/$pid/cwd/ >/dev/null && echo entered a directory; ls /proc/$pid/fd; done`,
    won: /entered a directory|home-canary/,
    weaken: `${ONE_USER}; chmod o+rx ${PRIVATE}`,
    restore: `${TWO_USERS}; chmod o-rwx ${PRIVATE}`,
  },
  {
    name: "another agent's tmux",
    tries: `ls /run/agentworks/sessions; socket=/run/agentworks/sessions/vic/tmux
      tmux -S $socket capture-pane -p -t =vic:; tmux -S $socket rename-window -t =vic: taken && echo renamed another session`,
    won: /screen-canary[\s\S]*renamed another session/,
    weaken:
      "cd /run/agentworks/sessions/vic; chmod 711 .; chmod 777 tmux; setpriv --reuid agt-victim --clear-groups tmux -S $PWD/tmux server-access -a agt-mallory",
    restore:
      "cd /run/agentworks/sessions/vic; setpriv --reuid agt-victim --clear-groups tmux -S $PWD/tmux server-access -d agt-mallory; chmod 700 .; chmod 660 tmux",
  },
  {
    name: "the admin's tmux",
    tries: "tmux -S /run/agentworks/sessions/boss/tmux display-message -p 'a tmux of #{uid}'",
    won: /a tmux of \d+/,
    weaken:
      "cd /run/agentworks/sessions/boss; chmod 711 .; chmod 777 tmux; setpriv --reuid agentworks --clear-groups tmux -S $PWD/tmux server-access -a agt-mallory",
    restore:
      "cd /run/agentworks/sessions/boss; setpriv --reuid agentworks --clear-groups tmux -S $PWD/tmux server-access -d agt-mallory; chmod 700 .; chmod 660 tmux",
  },
  {
    name: "another session's command and environment, in their files",
    tries: "cat /var/lib/agentworks/sessions.d/vic/{command,env,history}",
    won: /screen-canary[\s\S]*environment-canary/,
    weaken: "cd /var/lib/agentworks/sessions.d/vic; chmod 755 .; chmod 644 command env",
    restore: "cd /var/lib/agentworks/sessions.d/vic; chmod 640 command; chmod 600 env; chmod 750 .",
  },
  {
    name: "our records and logs",
    tries:
      "cat /var/lib/agentworks/machine /var/lib/agentworks/*/vic /var/lib/agentworks/runs/*; ls /run/agentworks/runs",
    won: /"installation"/,
    weaken: "chmod 755 /var/lib/agentworks/sessions; chmod 644 /var/lib/agentworks/sessions/vic",
    restore: "chmod 600 /var/lib/agentworks/sessions/vic; chmod 700 /var/lib/agentworks/sessions",
  },
  {
    name: "our directories, to write",
    tries: `for directory in /etc/agentworks{,/bin,/authorized_keys} /var/lib/agentworks{,/sessions.d{,/own},/sessions,/runs,/stamps} \\
        /run/agentworks{,/lock,/runs,/sessions} ${WORKSPACES}{,/..} /etc/{sudoers.d,ssh/sshd_config.d,systemd/system}; do
        : 2>/dev/null >$directory/planted && echo "planted in $directory"
        mv $directory/own $directory/moved 2>/dev/null && echo "planted in $directory"
      done
      : 2>/dev/null >>/var/lib/agentworks/sessions.d/own/command && echo planted in a command`,
    won: /planted in/,
    weaken: "chmod 777 /etc/agentworks/bin",
    restore: "rm /etc/agentworks/bin/planted; chmod 755 /etc/agentworks/bin",
  },
  {
    name: "our locks, to hold",
    tries: "for lock in machine init agent-mallory; do flock -n -s /run/agentworks/lock/$lock echo holds a lock; done",
    won: /holds a lock/,
    weaken: "chmod 755 /run/agentworks/lock",
    restore: "chmod 700 /run/agentworks/lock",
  },
  {
    name: "root's files, by a hard link into its own home",
    tries: "rm -f ~/shadow; ln /etc/shadow ~/shadow && echo linked a file of root",
    won: /linked a file of root/,
    weaken: switchOff("fs/protected_hardlinks"),
    restore: `${switchOn("fs/protected_hardlinks")}; rm -f /home/agt-mallory/shadow`,
  },
  {
    name: "what another writes to a name in /tmp that is a link already",
    tries: async ({ as }) => {
      await as(
        "agt-mallory",
        "rm -f /tmp/log ~/caught; : >~/caught; chmod 666 ~/caught; chmod 711 ~; ln -s ~/caught /tmp/log",
      );
      await as("agt-victim", "echo temporary-canary >/tmp/log");
      return as("agt-mallory", "cat ~/caught; rm -f /tmp/log; chmod 700 ~; echo tried");
    },
    won: /temporary-canary/,
    weaken: switchOff("fs/protected_symlinks"),
    restore: switchOn("fs/protected_symlinks"),
  },
  {
    name: "what another writes to a name in /tmp that is a file or pipe of its own",
    tries: async ({ as }) => {
      await as(
        "agt-mallory",
        "rm -f /tmp/log /tmp/pipe; umask 0; : >/tmp/log; mkfifo /tmp/pipe; (timeout 5 cat /tmp/pipe >~/piped) 2>/dev/null >&2 &",
      );
      await as("agt-victim", "echo temporary-canary >/tmp/log; timeout 2 bash -c 'echo piped-canary >/tmp/pipe'");
      return as("agt-mallory", "cat /tmp/log ~/piped; rm -f /tmp/log /tmp/pipe; echo tried");
    },
    won: /temporary-canary[\s\S]*piped-canary/,
    weaken: switchOff("fs/protected_regular", "fs/protected_fifos"),
    restore: `${switchOn("fs/protected_regular", "fs/protected_fifos")}; echo 2 >/proc/sys/fs/protected_regular`,
  },
  {
    name: "a socket of its own session replaced, so that a reader asks another's tmux",
    tries: async ({ agw, as }) => {
      await as("agt-mallory", `mv ${SOCKET} ${SOCKET}.own; ln -s /run/agentworks/sessions/vic/tmux ${SOCKET}`);
      const { stdout } = await agw("session", "describe", "own");
      await as("agt-mallory", `mv -T ${SOCKET}.own ${SOCKET}`);
      return `${stdout}\ntried`;
    },
    won: /Status:? +running/,
    weaken:
      'cd /run/agentworks/sessions/vic; chmod 711 .; chmod 777 tmux; tmux=(setpriv --reuid agt-victim --clear-groups tmux -S $PWD/tmux); "${tmux[@]}" server-access -a agt-mallory; "${tmux[@]}" rename-session -t =vic own',
    restore:
      'cd /run/agentworks/sessions/vic; tmux=(setpriv --reuid agt-victim --clear-groups tmux -S $PWD/tmux); "${tmux[@]}" rename-session -t =own vic; "${tmux[@]}" server-access -d agt-mallory; chmod 700 .; chmod 660 tmux',
  },
];
