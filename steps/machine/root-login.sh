# Root logs in by ssh no more: the key that made the first contact is gone, and sshd refuses root. The admin has sudo.
# needs: CONTENT
check() {
  is_file /etc/ssh/sshd_config.d/00-agentworks-root.conf 644 root "$CONTENT"
  is_refused && [[ $(root_keys) == 0 ]]
}
apply() {
  put_file /etc/ssh/sshd_config.d/00-agentworks-root.conf 644 root "$CONTENT"
  if ! is_refused; then
    rm -f /etc/ssh/sshd_config.d/00-agentworks-root.conf
    echo 'another setting of sshd is stronger than ours: nothing was changed'
    return 1
  fi
  # It stays, without a key: where there is none, systemd writes the key of the first contact again.
  install -d -m 700 /root/.ssh
  put_file /root/.ssh/authorized_keys 600 root '# Emptied by agentworks: the admin logs in.'$'\n'
  if systemctl is-active --quiet ssh.service; then systemctl reload ssh.service; fi
}
is_refused() {
  local settings
  [[ -d /run/sshd ]] || install -d -m 755 /run/sshd
  settings=$(sshd -T -C user=root,host=h,addr=192.0.2.1)
  [[ $'\n'$settings$'\n' == *$'\npermitrootlogin no\n'* ]]
}
# How many lines of root's list are no comment. A list that is not there is one that systemd would fill.
root_keys() {
  if [[ -f /root/.ssh/authorized_keys ]]; then grep -cvE '^[[:space:]]*(#|$)' /root/.ssh/authorized_keys || true; else echo none; fi
}
