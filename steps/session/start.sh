# The session runs. Its unit waits for most of a second, so that a command that ends at once is found out, and what it printed.
# needs: SESSION LINUX_USER
check() {
  [[ $(property ActiveState) == active ]]
}
apply() {
  local unit=agentworks-session-$SESSION.service
  systemctl reset-failed "$unit" 2>/dev/null || true
  systemctl start "$unit" && return
  journalctl --quiet --no-pager --output cat --lines 20 --unit "$unit"
  return 1
}
report() {
  local code output
  code=$(ask 1 4 head -c 4 "/run/agentworks/sessions/$SESSION/exit" || true)
  if [[ ! $code =~ ^[0-9]{1,3}$ ]]; then
    printf '{"status":"running"}'
    return
  fi
  output=$(ask 2 65536 tmux -N -S "/run/agentworks/sessions/$SESSION/tmux" capture-pane -p -J -S -200 -t "=$SESSION:" |
    tail -c 8192 | base64 -w 0) || true
  printf '{"status":"exited","code":%d,"output":"%s"}' "$((10#$code))" "$output"
}
ask() {
  /etc/agentworks/bin/session-ask "$LINUX_USER" "$(property ControlGroup)" "$@"
}
property() {
  systemctl show --property "$1" --value "agentworks-session-$SESSION.service"
}
