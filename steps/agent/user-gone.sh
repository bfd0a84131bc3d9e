# A Linux user of ours goes: its way in, processes, jobs, files and name; our record last, when nothing of it is left.
# needs: KIND THING INSTALLATION LINUX_USER
check() {
  ! is_ours "$KIND" "$THING" "$INSTALLATION"
}
apply() {
  local uid
  without_sessions
  uid=$(claimed_uid "$KIND" "$THING")
  # Without a uid in the record nothing was made yet.
  if [[ -n $uid ]]; then
    shut_out "$uid"
    end_processes "$uid"
    systemctl stop "user-$uid.slice"
    end_processes "$uid"
    remove_traces "$uid"
    remove_home
    remove_names
    prove_gone "$uid"
  fi
  rm -f -- "$(record_of "$KIND" "$THING")"
}
without_sessions() {
  local unit
  for unit in /etc/systemd/system/agentworks-session-*.service; do
    if [[ -e $unit ]] && grep -qxF -- "User=$LINUX_USER" "$unit"; then
      unit=${unit##*/agentworks-session-}
      echo "session ${unit%.service} of $LINUX_USER is still there"
      return 1
    fi
  done
}
# What could start a process of this user later.
shut_out() {
  rm -f -- "/etc/agentworks/authorized_keys/$LINUX_USER" "/var/lib/systemd/linger/$LINUX_USER" \
    "/var/spool/cron/crontabs/$LINUX_USER"
  [[ ! -d /var/spool/cron/atjobs ]] || find /var/spool/cron/atjobs -xdev -uid "$1" -type f -delete
  [[ -z $(getent passwd -- "$LINUX_USER") ]] || usermod --lock --expiredate 1 -- "$LINUX_USER"
}
# Nothing below is followed by name: find enters each directory by its descriptor, and deletes from there.
remove_traces() {
  local place
  for place in /tmp /var/tmp /dev/shm /dev/mqueue; do
    [[ ! -d $place ]] || find "$place" -xdev -mindepth 1 -uid "$1" -prune -execdir rm -rf --one-file-system -- {} +
  done
  awk -v uid="$1" 'FNR > 1 && $8 == uid { print $2 }' /proc/sysvipc/shm | xargs -r -n 1 ipcrm -m
  awk -v uid="$1" 'FNR > 1 && $8 == uid { print $2 }' /proc/sysvipc/msg | xargs -r -n 1 ipcrm -q
  awk -v uid="$1" 'FNR > 1 && $5 == uid { print $2 }' /proc/sysvipc/sem | xargs -r -n 1 ipcrm -s
  rm -f -- "/var/mail/$LINUX_USER"
  rm -rf -- "/etc/systemd/system/user-$1.slice.d"
  forget_denials
}
# What steps/machine/schedulers.sh wrote of this user.
forget_denials() {
  local file new lock
  exec {lock}>>/run/agentworks/lock/schedulers
  flock "$lock"
  for file in /etc/cron.deny /etc/at.deny; do
    if [[ -e $file ]] && grep -qxF -- "$LINUX_USER" "$file"; then
      new=$(mktemp "$file.XXXXXX")
      cp -p -- "$file" "$new"
      { grep -vxF -- "$LINUX_USER" "$file" || true; } >"$new"
      mv -T -- "$new" "$file"
    fi
  done
}
# Out of everybody's reach first, then deleted.
remove_home() {
  local away=/home/.agentworks-removed
  install -d -m 700 "$away"
  rm -rf --one-file-system -- "${away:?}/$LINUX_USER" "/home/.$LINUX_USER.new"
  if [[ -e /home/$LINUX_USER || -L /home/$LINUX_USER ]]; then mv -T -- "/home/$LINUX_USER" "$away/$LINUX_USER"; fi
  rm -rf --one-file-system -- "${away:?}/$LINUX_USER"
  rmdir --ignore-fail-on-non-empty -- "$away"
}
remove_names() {
  [[ -z $(getent passwd -- "$LINUX_USER") ]] || userdel -- "$LINUX_USER"
  [[ -z $(getent group -- "$LINUX_USER") ]] || groupdel -- "$LINUX_USER"
}
prove_gone() {
  local left
  left=$(processes_of "$1")$(getent passwd "$1")$(getent group "$1")$(systemctl --quiet is-active "user-$1.slice" && echo active) || true
  left+=$(find /home -xdev -maxdepth 1 -uid "$1")
  [[ -z $left ]] || echo "still there: $left"
  [[ -z $left ]]
}
