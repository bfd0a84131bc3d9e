# The keys that log in: the operator's, and the extra ones, for the admin and for every agent and workspace user.
# needs: ADMIN_USER KEYS
check() {
  local user home
  home=$(getent passwd -- "$ADMIN_USER" | cut -d: -f6)
  is_file "$home/.ssh/authorized_keys" 600 "$ADMIN_USER" "$(key_lines)"$'\n'
  for user in $(confined_users); do
    is_file "/etc/agentworks/authorized_keys/$user" 644 root "$(key_lines)"$'\n'
  done
}
apply() {
  local user
  refuse_bad_keys
  put_admin_keys
  install -d -m 755 /etc/agentworks /etc/agentworks/authorized_keys
  for user in $(confined_users); do
    put_file "/etc/agentworks/authorized_keys/$user" 644 root "$(key_lines)"$'\n'
  done
}
key_lines() {
  printf '%s\n' '# Written by agentworks: your own lines here do not stay.' "${KEYS[@]}"
}
# A list that lets nobody in, or that sshd reads in part only, would lock the operator out.
refuse_bad_keys() {
  local count
  count=$(key_lines | ssh-keygen -l -f - | grep -c . || true)
  if [[ ${#KEYS[@]} -eq 0 || $count -ne ${#KEYS[@]} ]]; then
    echo "$count of ${#KEYS[@]} keys are public ssh keys: nothing was written"
    return 1
  fi
}
put_admin_keys() {
  local home new
  home=$(getent passwd -- "$ADMIN_USER" | cut -d: -f6)
  as_admin install -d -m 700 "$home/.ssh"
  new=$(as_admin mktemp "$home/.ssh/authorized_keys.XXXXXX")
  key_lines | as_admin tee "$new" >/dev/null
  as_admin chmod 600 "$new"
  as_admin mv -T "$new" "$home/.ssh/authorized_keys"
}
as_admin() {
  setpriv --reuid "$ADMIN_USER" --regid "$(id -g -- "$ADMIN_USER")" --init-groups "$@"
}
