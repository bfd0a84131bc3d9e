# Kernel settings that keep users apart: links and pipes in /tmp, the kernel log, other processes.
# needs: SYSCTLS CONTENT
check() {
  local line file
  is_file /etc/sysctl.d/zz-agentworks.conf 644 root "$CONTENT"
  for line in "${SYSCTLS[@]}"; do
    file=/proc/sys/${line%%=*}
    [[ ! -e $file || $(<"$file") -ge ${line#*=} ]]
  done
}
apply() {
  local line file
  put_file /etc/sysctl.d/zz-agentworks.conf 644 root "$CONTENT"
  for line in "${SYSCTLS[@]}"; do
    file=/proc/sys/${line%%=*}
    if [[ -e $file && $(<"$file") -lt ${line#*=} ]]; then printf '%s\n' "${line#*=}" >"$file"; fi
  done
}
