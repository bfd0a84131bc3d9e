# What an agent may use in all: its sessions and its ssh logins live in this slice.
# needs: LINUX_USER MEMORY_MAX SWAP_MAX CPU_QUOTA TASKS_MAX
check() {
  local uid
  uid=$(id -u -- "$LINUX_USER" 2>/dev/null)
  is_file "/etc/systemd/system/user-$uid.slice.d/agentworks.conf" 644 root "$(limits)"
  [[ $(systemctl show --property NeedDaemonReload --value "user-$uid.slice") == no ]]
}
apply() {
  local uid
  uid=$(id -u -- "$LINUX_USER")
  install -d -m 755 "/etc/systemd/system/user-$uid.slice.d"
  put_file "/etc/systemd/system/user-$uid.slice.d/agentworks.conf" 644 root "$(limits)"
  [[ $(systemctl show --property NeedDaemonReload --value "user-$uid.slice") == no ]] || systemctl daemon-reload
}
limits() {
  printf '[Slice]\nMemoryMax=%s\nMemorySwapMax=%s\nCPUQuota=%s\nTasksMax=%s\n' "$MEMORY_MAX" "$SWAP_MAX" "$CPU_QUOTA" "$TASKS_MAX"
}
