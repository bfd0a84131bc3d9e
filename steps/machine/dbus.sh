# Agents ask systemd and logind nothing: those tell every user what other users' units and sessions are.
# needs: CONTENT
check() {
  is_file /etc/dbus-1/system.d/agentworks.conf 644 root "$CONTENT"
}
apply() {
  put_file /etc/dbus-1/system.d/agentworks.conf 644 root "$CONTENT"
  if ! systemctl reload dbus.service; then
    rm -f /etc/dbus-1/system.d/agentworks.conf
    return 1
  fi
}
