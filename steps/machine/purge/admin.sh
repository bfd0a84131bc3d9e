# The admin goes: sudo, processes, home, user.
# needs: ADMIN_USER
check() {
  [[ ! -e $(record_of admin "$ADMIN_USER") ]]
}
apply() {
  local uid
  rm -f -- "/etc/sudoers.d/$ADMIN_USER"
  if uid=$(id -u -- "$ADMIN_USER" 2>/dev/null) && [[ $uid == "$(claimed_uid admin "$ADMIN_USER")" ]]; then
    usermod --lock --expiredate 1 -- "$ADMIN_USER"
    systemctl stop "user-$uid.slice"
    until [[ -z $(pgrep -U "$uid" || true) ]]; do
      pkill -KILL -U "$uid" || true
      sleep 0.05
    done
    rm -f -- "/var/spool/cron/crontabs/$ADMIN_USER" "/var/lib/systemd/linger/$ADMIN_USER" "/var/mail/$ADMIN_USER"
    rm -rf --one-file-system -- "/home/${ADMIN_USER:?}"
    userdel -- "$ADMIN_USER"
  fi
  if getent group -- "$ADMIN_USER" >/dev/null; then groupdel -- "$ADMIN_USER"; fi
  rm -f -- "$(record_of admin "$ADMIN_USER")"
}
