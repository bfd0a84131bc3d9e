# The admin's Linux user, with a home only it can read.
# needs: ADMIN_USER SHELL_NAME RECORD
check() {
  is_claimed admin "$ADMIN_USER" "$RECORD"
  [[ $(getent passwd -- "$ADMIN_USER" | cut -d: -f3,6,7) == "$(claimed_uid admin "$ADMIN_USER"):/home/$ADMIN_USER:$(login_shell)" ]]
  is_directory "/home/$ADMIN_USER" 700 "$ADMIN_USER" "$ADMIN_USER"
}
apply() {
  local uid shell
  claim_user "$ADMIN_USER" admin "$ADMIN_USER" "$RECORD"
  uid=$(claimed_uid admin "$ADMIN_USER")
  shell=$(login_shell)
  if ! getent group -- "$ADMIN_USER" >/dev/null; then groupadd --gid "$uid" -- "$ADMIN_USER"; fi
  if ! getent passwd -- "$ADMIN_USER" >/dev/null; then
    useradd --no-user-group --gid "$ADMIN_USER" --uid "$uid" --create-home --key HOME_MODE=0700 --shell "$shell" -- "$ADMIN_USER"
  fi
  usermod --shell "$shell" -- "$ADMIN_USER"
  chown "$ADMIN_USER:$ADMIN_USER" "/home/$ADMIN_USER"
  chmod 700 "/home/$ADMIN_USER"
}
# bash, where the wanted shell could not be installed: a user whose shell is missing cannot log in.
login_shell() {
  type -P -- "$SHELL_NAME" || printf /bin/bash
}
