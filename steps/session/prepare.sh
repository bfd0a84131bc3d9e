# What a session is, for its start and for every later one: its record, its command and environment, its unit.
# needs: SESSION INSTALLATION RECORD LINUX_USER WORKSPACE_PATH COMMAND ENVIRONMENT UNIT HISTORY_LIMIT CONFINED
check() {
  local files=/var/lib/agentworks/sessions.d/$SESSION group
  group=$(id -gn -- "$LINUX_USER" 2>/dev/null)
  is_claimed sessions "$SESSION" "$RECORD"
  is_directory "$files" 750 root "$group"
  is_file "$files/workspace" 640 "root:$group" "$WORKSPACE_PATH"
  is_file "$files/command" 640 "root:$group" "$COMMAND"
  is_file "$files/env" 600 root "$ENVIRONMENT"
  is_file "$(unit_file)" 644 root "$(unit)"
  [[ $(systemctl show --property NeedDaemonReload --value "agentworks-session-$SESSION.service") == no ]]
}
apply() {
  local files=/var/lib/agentworks/sessions.d/$SESSION group
  group=$(id -gn -- "$LINUX_USER")
  if [[ -e $(record_of sessions "$SESSION") ]] && ! is_ours sessions "$SESSION" "$INSTALLATION"; then
    echo "session $SESSION on this machine belongs to another installation of agentworks"
    return 1
  fi
  claim sessions "$SESSION" "$RECORD"
  install -d -m 711 "${files%/*}"
  install -d -m 750 -o root -g "$group" "$files"
  put_file "$files/workspace" 640 "root:$group" "$WORKSPACE_PATH"
  put_file "$files/command" 640 "root:$group" "$COMMAND"
  put_file "$files/env" 600 root "$ENVIRONMENT"
  put_file "$(unit_file)" 644 root "$(unit)"
  # systemd reads a unit that it does not know when it is asked for it; only one that it knows already must be read again.
  [[ $(systemctl show --property NeedDaemonReload --value "agentworks-session-$SESSION.service") == no ]] ||
    systemctl daemon-reload
}
unit_file() {
  printf '/etc/systemd/system/agentworks-session-%s.service' "$SESSION"
}
unit() {
  local text=$UNIT
  text=${text//@SESSION@/$SESSION}
  text=${text//@LINUX_USER@/$LINUX_USER}
  text=${text//@UID@/$(id -u -- "$LINUX_USER")}
  text=${text//@HISTORY_LIMIT@/$HISTORY_LIMIT}
  printf '%s' "${text//@CONFINED@/$CONFINED}"
}
