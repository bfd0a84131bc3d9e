/** The Debian packages that every machine has: what our own steps and an agent's daily work need. */
export const BASE_PACKAGES: readonly string[] = [
  "acl",
  "ca-certificates",
  "curl",
  "dbus",
  "git",
  "gnupg",
  "iproute2",
  "jq",
  "libpam-systemd",
  "openssh-server",
  "procps",
  "sudo",
  "tmux",
  "unzip",
  "util-linux",
  "zstd",
];

/** Descriptions of terminals that ncurses-base lacks. */
export const TERMINAL_PACKAGES: readonly string[] = ["ncurses-term"];

/** The agents' group, by which their rights are cut down, and the group of those who see every process. */
export const GROUPS: readonly string[] = ["agentworks-agents", "agentworks-proc"];

/** Kernel settings by their path below /proc/sys, with the least value that keeps users apart. */
export const SYSCTLS: Readonly<Record<string, number>> = {
  "fs/protected_hardlinks": 1,
  "fs/protected_symlinks": 1,
  "fs/protected_fifos": 1,
  "fs/protected_regular": 1,
  "kernel/dmesg_restrict": 1,
  "kernel/yama/ptrace_scope": 1,
};

/** Users of programs that look at every process; those that a machine has stay able to. */
export const SEERS: readonly string[] = [
  "Debian-snmp",
  "collectd",
  "dd-agent",
  "icinga",
  "munin",
  "nagios",
  "netdata",
  "nrpe",
  "polkitd",
  "prometheus",
  "rtkit",
  "telegraf",
  "zabbix",
];

/** The lines of `sshd -T` for an agent that say that our settings hold. */
export const SSHD_EFFECTIVE: readonly string[] = [
  "authenticationmethods publickey",
  "authorizedkeysfile /etc/agentworks/authorized_keys/%u",
  "authorizedkeyscommand none",
  "authorizedprincipalsfile none",
  "trustedusercakeys none",
  "allowagentforwarding no",
  "x11forwarding no",
  "permittunnel no",
  "permituserrc no",
  "forcecommand none",
  "chrootdirectory none",
];

/** Addresses within the fence that answer names (QEMU's user network, Azure): port 53 there stays open. */
export const FENCED_RESOLVERS: readonly string[] = ["10.0.2.3", "168.63.129.16"];
