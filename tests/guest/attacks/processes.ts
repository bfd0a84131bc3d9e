import type { Attack } from "./attack.ts";
import { ONE_USER, switchOff, switchOn, TWO_USERS } from "./files.ts";

const HIDE = "mount -o remount,hidepid=invisible,gid=$(getent group agentworks-proc | cut -d: -f3) /proc";
const UNHIDE = "mount -o remount,hidepid=off /proc";
const WITHOUT_POLICY = "mv /etc/dbus-1/system.d/agentworks.conf /root/; systemctl reload dbus";
const WITH_POLICY = "mv /root/agentworks.conf /etc/dbus-1/system.d/; systemctl reload dbus";
/** Control groups are everybody's to read, and tell the numbers of processes. */
const VICTIMS = "$(cat $(find /sys/fs/cgroup -path '*session-vic*/cgroup.procs'))";
const BUS = "busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager";

/** Processes of others: what they are called with, what they have in memory, and their lives. */
export const PROCESS_ATTACKS: readonly Attack[] = [
  {
    name: "others' arguments, in /proc",
    tries: `ps -eo args; for directory in /proc/[0-9]*; do tr '\\0' ' ' <$directory/cmdline; done
      unshare -Urm bash -c 'mount -t proc proc /mnt && cat /mnt/*/cmdline; mount -o remount,hidepid=off /proc && cat /proc/*/cmdline' | tr '\\0' ' '`,
    won: /argument-canary/,
    weaken: UNHIDE,
    restore: HIDE,
  },
  {
    name: "others' arguments, by the control groups",
    tries: `for pid in ${VICTIMS}; do tr '\\0' ' ' </proc/$pid/cmdline; done`,
    won: /argument-canary/,
    weaken: UNHIDE,
    restore: HIDE,
  },
  {
    name: "others' environment",
    tries: `for pid in ${VICTIMS}; do tr '\\0' ' ' </proc/$pid/environ; done`,
    won: /environment-canary/,
    weaken: ONE_USER,
    restore: TWO_USERS,
  },
  {
    name: "others' memory",
    tries: `for pid in ${VICTIMS}; do
      perl -e 'open M, "<", "/proc/$ARGV[0]/maps" or exit; my ($a, $b) = map { hex } (grep { /\\[stack\\]/ } <M>)[0] =~ /^(\\w+)-(\\w+)/;
        open F, "<", "/proc/$ARGV[0]/mem" or exit; seek F, $a, 0; read F, my $x, $b - $a; print grep { /canary/ } split /\\0/, $x' $pid
      done`,
    won: /environment-canary/,
    weaken: ONE_USER,
    restore: TWO_USERS,
  },
  {
    name: "others' processes, to trace and to signal",
    tries: `for pid in ${VICTIMS}; do
      kill -CONT $pid && echo signalled another
      perl -e 'syscall(101, 16, $ARGV[0] + 0, 0, 0) == 0 and print "traced another\\n"' $pid
      done`,
    won: /signalled another[\s\S]*traced another/,
    weaken: ONE_USER,
    restore: TWO_USERS,
  },
  {
    name: "others' processes, from systemd",
    tries: `systemctl status agentworks-session-vic.service --full --no-pager; systemctl status --full --no-pager
      systemctl show agentworks-session-vic.service; systemctl cat agentworks-session-vic.service
      ${BUS} GetUnitProcesses s agentworks-session-vic.service
      for name in $(busctl list --no-legend | grep -o '^:[0-9.]*'); do
        busctl call $name /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager GetUnitProcesses s agentworks-session-vic.service
      done`,
    won: /argument-canary/,
    weaken: WITHOUT_POLICY,
    restore: WITH_POLICY,
  },
  {
    name: "commands and values, in the units themselves",
    tries: "cat /etc/systemd/system/agentworks-session-* /run/systemd/{units,transient,system}/*",
    won: /screen-canary|environment-canary/,
    weaken:
      "sed -i.kept '/^EnvironmentFile/a Environment=TOKEN=environment-canary' /etc/systemd/system/agentworks-session-vic.service",
    restore: "cd /etc/systemd/system && mv agentworks-session-vic.service.kept agentworks-session-vic.service",
  },
  {
    name: "others' logins, from logind",
    tries: async ({ as }) => {
      const login = as("agt-victim", "exec sleep 2");
      await Bun.sleep(800);
      const said = await as(
        "agt-mallory",
        "loginctl list-sessions; loginctl user-status agt-victim --no-pager; echo; echo tried",
      );
      await login;
      return said;
    },
    won: /agt-victim/,
    weaken: WITHOUT_POLICY,
    restore: WITH_POLICY,
  },
  {
    name: "others' lines in the journal",
    tries: "journalctl --quiet --no-pager --grep journal-canary; grep -rlas journal-canary /var/log /run/log",
    won: /journal/,
    weaken: "gpasswd --add agt-mallory systemd-journal",
    restore: "gpasswd --delete agt-mallory systemd-journal",
  },
  {
    name: "the kernel's log",
    tries: "dmesg | wc -c | sed 's/^/bytes of it: /'",
    won: /bytes of it: [1-9]/,
    weaken: switchOff("kernel/dmesg_restrict"),
    restore: switchOn("kernel/dmesg_restrict"),
  },
];
