# What a strange machine is, asked before anything is changed: one line `@fact KEY BASE64` each, tab-separated, the last `@fact end`.
# Runs as root through `bash -s` on first contact, with nothing of ours there: perhaps no sudo, no systemd, no Debian.
(
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
  fact() { printf '@fact\t%s\t%s\n' "$1" "$(base64 | tr -d '\n')"; }
  release() { sed -n "s/^$1=//p" /etc/os-release | tr -d '"'; }

  release ID | fact os
  release VERSION_ID | fact os-version
  release VERSION_CODENAME | fact os-codename
  if [ -d /run/systemd/system ]; then echo yes; fi | fact systemd
  uname -m | fact architecture
  fact boot-id </proc/sys/kernel/random/boot_id
  fact hostname </proc/sys/kernel/hostname
  id -u | fact uid
  nproc | fact cpus
  awk '/^MemTotal:/ { print $2 }' /proc/meminfo | fact memory-kib
  df -kP / | awk 'END { print $2 }' | fact disk-kib
  for path in / /var /run; do
    printf '%s %s %s\n' "$path" "$(df -kP "$path" | awk 'END { print $4 }')" "$(df -iP "$path" | awk 'END { print ($2 > 0 ? $4 : "-") }')"
  done | fact free
  getent passwd | cut -d : -f 1,3,6,7 | fact users
  getent group | cut -d : -f 1 | fact groups
  getent passwd | awk -F : '$3 == 0 || $3 >= 1000 && $3 < 60000 { print $6 }' | sort -u | while read -r home; do
    case $(stat -L -c %a "$home") in *[1-7]) echo "$home" ;; esac
  done | fact open-homes
  if [ -e /var/lib/agentworks/machine ]; then fact record:machine/machine </var/lib/agentworks/machine; fi
  for file in /var/lib/agentworks/admin/* /var/lib/agentworks/groups/* /var/lib/agentworks/agents/* /var/lib/agentworks/workspaces/* /var/lib/agentworks/sessions/*; do
    if [ -f "$file" ]; then fact "record:${file#/var/lib/agentworks/}" <"$file"; fi
  done
  sshd -T -C user=agt-x,host=localhost,addr=127.0.0.1 | grep -E '^(allow|deny)(users|groups) |^port |^authorizedkeysfile ' | fact sshd
  grep -ciE '^[[:space:]]*include[[:space:]=].*/etc/ssh/sshd_config\.d/' /etc/ssh/sshd_config | fact sshd-includes
  for file in /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock /var/lib/apt/lists/lock; do
    if inode=$(stat -c %i "$file"); then
      awk -v inode=":$inode\$" '$6 ~ inode { print $5 }' /proc/locks | while read -r pid; do cat "/proc/$pid/comm"; done
    fi
  done | sort -u | fact apt-lock
  dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^.i *//p' | fact packages
  for file in fs/protected_{hardlinks,symlinks,fifos,regular} kernel/dmesg_restrict kernel/yama/ptrace_scope; do
    if [ -e "/proc/sys/$file" ]; then printf '%s=%s\n' "$file" "$(cat "/proc/sys/$file")"; fi
  done | fact sysctls
  awk '$2 == "/proc" { print $4 }' /proc/mounts | fact proc-options
  busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager RemoveIPC | fact remove-ipc
  for file in /etc/cron.{allow,deny} /etc/at.{allow,deny} /etc/polkit-1/rules.d /etc/ssh/sshd_config.d/00-agentworks.conf \
    /etc/dbus-1/system.d/agentworks.conf /etc/systemd/logind.conf.d/agentworks.conf /etc/agentworks; do
    if [ -e "$file" ]; then echo "$file"; fi
  done | fact present
  cat /etc/ssh/ssh_host_*_key.pub | fact host-keys
  printf '@fact\tend\n'
) </dev/null 2>/dev/null
