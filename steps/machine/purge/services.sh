# logind, D-Bus and polkit without our settings.
# needs:
check() {
  [[ -z $(our_settings) ]]
}
apply() {
  local file
  for file in $(our_settings); do rm -f -- "$file"; done
  rmdir --ignore-fail-on-non-empty /etc/systemd/logind.conf.d 2>/dev/null || true
  systemctl kill -s HUP systemd-logind.service
  systemctl reload dbus.service
}
our_settings() {
  local file
  for file in /etc/systemd/logind.conf.d/agentworks.conf /etc/dbus-1/system.d/agentworks.conf /etc/polkit-1/rules.d/00-agentworks.rules; do
    [[ ! -e $file ]] || printf '%s\n' "$file"
  done
}
