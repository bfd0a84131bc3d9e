# Agents and workspace users log in with the keys that root keeps for them, and with nothing else.
# needs: CONTENT EFFECTIVE
check() {
  is_file /etc/ssh/sshd_config.d/00-agentworks.conf 644 root "$CONTENT" && is_effective /etc/ssh/sshd_config
}
apply() {
  local staged
  staged=$(mktemp -d /run/agentworks/sshd.XXXXXX)
  # What sshd would read, tried before any of it is where sshd reads it.
  printf '%s' "$CONTENT" >"$staged/ours"
  with_include "$staged/ours" >"$staged/config"
  if ! sshd -t -f "$staged/config" || ! is_effective "$staged/config"; then
    echo 'sshd does not accept our settings, or other settings of the machine are stronger: nothing was changed'
    rm -rf "$staged"
    return 1
  fi
  rm -rf "$staged"
  install -d -m 755 /etc/ssh/sshd_config.d
  put_file /etc/ssh/sshd_config.d/00-agentworks.conf 644 root "$CONTENT"
  # The file alone is named: other files there may be out of use by the owner's will.
  is_effective /etc/ssh/sshd_config || put_config "$(with_include /etc/ssh/sshd_config.d/00-agentworks.conf)"$'\n'
  reload_sshd
}
with_include() {
  printf 'Include %s\n' "$1"
  cat /etc/ssh/sshd_config
}
put_config() {
  local file
  file=$(readlink -f /etc/ssh/sshd_config)
  put_file "$file" "$(stat -c %a "$file")" root "$1"
}
# `sshd -t` passes without our Include: only what sshd makes of a user tells.
is_effective() {
  local user line settings
  [[ -d /run/sshd ]] || install -d -m 755 /run/sshd
  for user in agt-x ws-x; do
    settings=$(sshd -T -f "$1" -C "user=$user,host=h,addr=192.0.2.1")
    for line in "${EFFECTIVE[@]}"; do
      [[ $'\n'$settings$'\n' == *$'\n'$line$'\n'* ]] || return 1
    done
  done
}
# Never a restart. A socket-activated sshd reads the file at the next login.
reload_sshd() {
  if systemctl is-active --quiet ssh.service && ! systemctl reload ssh.service; then
    rm -f /etc/ssh/sshd_config.d/00-agentworks.conf
    return 1
  fi
}
