# sshd's settings without ours.
# needs:
check() {
  [[ ! -e /etc/ssh/sshd_config.d/00-agentworks.conf ]] && ! grep -qxF 'Include /etc/ssh/sshd_config.d/00-agentworks.conf' /etc/ssh/sshd_config
}
apply() {
  local file rest
  file=$(readlink -f /etc/ssh/sshd_config)
  if grep -qxF 'Include /etc/ssh/sshd_config.d/00-agentworks.conf' "$file"; then
    rest=$(grep -vxF 'Include /etc/ssh/sshd_config.d/00-agentworks.conf' "$file" && printf x)
    put_file "$file" "$(stat -c %a "$file")" root "${rest%x}"
  fi
  rm -f /etc/ssh/sshd_config.d/00-agentworks.conf
  # What the owner broke meanwhile would end sshd.
  sshd -t
  if systemctl is-active --quiet ssh.service; then systemctl reload ssh.service; fi
}
