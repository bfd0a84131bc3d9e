# What the owner of an adopted machine has where we are about to change something, kept once, for the day we leave.
# needs: SYSCTLS
check() {
  [[ -e /var/lib/agentworks/adopted/complete ]]
}
apply() {
  local kept=/var/lib/agentworks/adopted
  install -d -m 700 "$kept"
  dpkg-query -W -f '${Package}\n' | sort -u >"$kept/packages"
  keep_sysctls >"$kept/sysctl"
  # The kernel names only what is not the default.
  { findmnt -n -o OPTIONS /proc | grep -oE '(hidepid|gid)=[^,]+' || true; } >"$kept/proc"
  keep_files /etc/ssh/sshd_config /etc/cron.deny /etc/at.deny
  touch "$kept/complete"
}
keep_sysctls() {
  local line file
  for line in "${SYSCTLS[@]}"; do
    file=/proc/sys/${line%%=*}
    [[ ! -e $file ]] || printf '%s=%s\n' "${line%%=*}" "$(<"$file")"
  done
}
keep_files() {
  local file kept=/var/lib/agentworks/adopted
  for file in "$@"; do
    install -d -m 700 "$kept${file%/*}"
    [[ ! -e $file ]] || cp -pT -- "$file" "$kept$file"
  done
}
