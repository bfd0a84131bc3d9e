# The admin may do everything, without a password, in a terminal of sudo's own.
# needs: ADMIN_USER
check() {
  is_file "/etc/sudoers.d/$ADMIN_USER" 440 root "$(rules)"$'\n' && [[ $(sudo -n -l -U "$ADMIN_USER") == *'(ALL : ALL) NOPASSWD: ALL'* ]]
}
apply() {
  local staged
  staged=$(mktemp /run/agentworks/sudoers.XXXXXX)
  rules >"$staged"
  if ! visudo -c -f "$staged"; then
    rm -f "$staged"
    return 1
  fi
  rm -f "$staged"
  put_file "/etc/sudoers.d/$ADMIN_USER" 440 root "$(rules)"$'\n'
}
rules() {
  printf '# Written by agentworks.\nDefaults:%s use_pty\n%s ALL=(ALL:ALL) NOPASSWD: ALL\n' "$ADMIN_USER" "$ADMIN_USER"
}
