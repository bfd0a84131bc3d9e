# The kernel settings that were there before.
# needs:
check() {
  [[ ! -e /etc/sysctl.d/zz-agentworks.conf ]]
}
apply() {
  local line file
  while IFS= read -r line; do
    file=/proc/sys/${line%%=*}
    [[ $(<"$file") == "${line#*=}" ]] || printf '%s\n' "${line#*=}" >"$file"
  done < <(cat /var/lib/agentworks/adopted/sysctl 2>/dev/null || true)
  rm -f /etc/sysctl.d/zz-agentworks.conf
}
