# A Linux user of ours, an agent's or a workspace's: a uid that nobody had before, a group of its own, a home only it can read.
# needs: KIND THING INSTALLATION RECORD LINUX_USER LOGIN_SHELL MEMBER_OF NEVER_IN
check() {
  local uid shell
  uid=$(claimed_uid "$KIND" "$THING")
  shell=$(type -P -- "$LOGIN_SHELL")
  is_claimed "$KIND" "$THING" "$RECORD"
  [[ $(getent passwd -- "$LINUX_USER" | cut -d : -f 3,4,6,7) == "$uid:$uid:/home/$LINUX_USER:$shell" ]]
  [[ $(getent group -- "$LINUX_USER" | cut -d : -f 3) == "$uid" ]]
  in_right_groups
  is_directory "/home/$LINUX_USER" 700 "$LINUX_USER" "$LINUX_USER"
}
apply() {
  local uid shell group
  if ! shell=$(type -P -- "$LOGIN_SHELL"); then
    echo "the shell $LOGIN_SHELL is not installed on this machine"
    return 1
  fi
  if [[ -e $(record_of "$KIND" "$THING") ]] && ! is_ours "$KIND" "$THING" "$INSTALLATION"; then
    echo "$LINUX_USER on this machine belongs to another installation of agentworks"
    return 1
  fi
  claim_user "$LINUX_USER" "$KIND" "$THING" "$RECORD"
  uid=$(claimed_uid "$KIND" "$THING")
  getent group -- "$LINUX_USER" >/dev/null || groupadd --gid "$uid" -- "$LINUX_USER"
  # No range of subordinate ids: those are handed out again, and with them whatever files a removed user left.
  getent passwd -- "$LINUX_USER" >/dev/null ||
    useradd --uid "$uid" --gid "$uid" --no-create-home --home-dir "/home/$LINUX_USER" --shell "$shell" \
      -K SUB_UID_COUNT=0 -K SUB_GID_COUNT=0 -- "$LINUX_USER"
  usermod --shell "$shell" --home "/home/$LINUX_USER" --gid "$uid" -- "$LINUX_USER"
  for group in "${MEMBER_OF[@]}"; do gpasswd --add "$LINUX_USER" "$group"; done
  for group in "${NEVER_IN[@]}"; do
    [[ " $(id -nG -- "$LINUX_USER") " != *" $group "* ]] || gpasswd --delete "$LINUX_USER" "$group"
  done
  make_home "$uid"
}
report() {
  claimed_uid "$KIND" "$THING"
}
in_right_groups() {
  local group groups
  groups=" $(id -nG -- "$LINUX_USER") "
  for group in "${MEMBER_OF[@]}"; do [[ $groups == *" $group "* ]] || return 1; done
  for group in "${NEVER_IN[@]}"; do [[ $groups != *" $group "* ]] || return 1; done
}
# Whole or not at all: one that was interrupted would lack the skeleton's files for ever.
make_home() {
  local home=/home/$LINUX_USER new=/home/.$LINUX_USER.new
  if [[ -e $home || -L $home ]]; then
    if [[ $(stat -c %F:%u -- "$home") != "directory:$1" ]]; then
      echo "$home exists and does not belong to $LINUX_USER"
      return 1
    fi
    chgrp -- "$LINUX_USER" "$home"
    chmod 700 -- "$home"
    return
  fi
  rm -rf -- "$new"
  cp -rT -- /etc/skel "$new"
  find "$new" -mindepth 1 -exec chown -h "$LINUX_USER:$LINUX_USER" -- {} +
  chmod 700 -- "$new"
  chown "$LINUX_USER:$LINUX_USER" -- "$new"
  mv -T -- "$new" "$home"
}
