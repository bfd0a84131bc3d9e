# The keys that may log in as this user: in a file of root's, so that the user cannot add one (steps/machine/sshd.sh).
# needs: LINUX_USER KEYS
check() {
  is_file "/etc/agentworks/authorized_keys/$LINUX_USER" 644 root "$(key_lines)"$'\n'
}
apply() {
  install -d -m 755 /etc/agentworks /etc/agentworks/authorized_keys
  put_file "/etc/agentworks/authorized_keys/$LINUX_USER" 644 root "$(key_lines)"$'\n'
}
# As steps/machine/operator-keys.sh writes it for all of them.
key_lines() {
  printf '%s\n' '# Written by agentworks: your own lines here do not stay.' "${KEYS[@]}"
}
