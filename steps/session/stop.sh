# The session is stopped, and nothing that it started runs on. Its history is kept: as much of the end as fits in 8 MiB.
# needs: SESSION LINUX_USER
check() {
  local state
  state=$(property ActiveState)
  [[ $state == inactive || $state == failed ]]
  [[ ! -e /sys/fs/cgroup/user.slice/user-$(id -u -- "$LINUX_USER").slice/agentworks-session-$SESSION.service ]]
}
apply() {
  save_history || echo 'its history could not be read'
  systemctl stop "agentworks-session-$SESSION.service"
}
save_history() {
  local files=/var/lib/agentworks/sessions.d/$SESSION group new
  group=$(property ControlGroup)
  [[ -n $group && -d $files ]] || return 0
  new=$(mktemp "$files/history.XXXXXX")
  if /etc/agentworks/bin/session-ask "$LINUX_USER" "$group" 3 67108864 \
    tmux -N -S "/run/agentworks/sessions/$SESSION/tmux" capture-pane -p -J -S - -t "=$SESSION:" | tail -c 8388608 >"$new"; then
    mv -T -- "$new" "$files/history"
    return
  fi
  rm -f -- "$new"
  return 1
}
property() {
  systemctl show --property "$1" --value "agentworks-session-$SESSION.service"
}
