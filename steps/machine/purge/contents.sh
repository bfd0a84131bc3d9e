# Every session, agent and workspace of ours ends and goes. Users without our record are not touched.
# needs: WORKSPACES_ROOT
check() {
  [[ -z $(session_units)$(our_users)$(find /var/lib/agentworks/{agents,workspaces,workspace-directories,sessions} -type f -print -quit 2>/dev/null) ]]
}
apply() {
  local unit user
  for unit in $(session_units); do
    systemctl stop "${unit##*/}"
    rm -f -- "$unit"
  done
  for user in $(our_users); do remove_user "$user"; done
  remove_workspaces
  rm -rf /var/lib/agentworks/{agents,workspaces,workspace-directories,sessions}
}
session_units() {
  compgen -G '/etc/systemd/system/agentworks-session-*.service' || true
}
our_users() {
  local user kind
  for user in $(confined_users); do
    kind=workspaces
    [[ $user != agt-* ]] || kind=agents
    [[ ! -e $(record_of "$kind" "${user#*-}") ]] || printf '%s\n' "$user"
  done
}
remove_user() {
  local uid home
  uid=$(id -u -- "$1")
  home=$(getent passwd -- "$1" | cut -d: -f6)
  usermod --lock --expiredate 1 -- "$1"
  end_processes "$uid"
  systemctl stop "user-$uid.slice"
  end_processes "$uid"
  rm -f -- "/var/spool/cron/crontabs/$1" "/var/lib/systemd/linger/$1" "/var/mail/$1"
  rm -rf -- "/etc/systemd/system/user-$uid.slice.d"
  find /tmp /var/tmp /dev/shm -xdev -mindepth 1 -uid "$uid" -prune -execdir rm -rf --one-file-system -- {} +
  take_away "$home"
  userdel -- "$1"
  getent group -- "$1" >/dev/null && groupdel -- "$1"
  return 0
}
remove_workspaces() {
  local file
  for file in /var/lib/agentworks/workspace-directories/*; do
    [[ ! -f $file ]] || take_away "$WORKSPACES_ROOT/${file##*/}"
  done
}
# Out of everybody's reach first, then deleted.
take_away() {
  local away
  [[ -e $1 || -L $1 ]] || return 0
  away=$(mktemp -d -- "${1%/*}/.agentworks-removed.XXXXXX")
  mv -T -- "$1" "$away/it"
  rm -rf --one-file-system -- "$away"
}
