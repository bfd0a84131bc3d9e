# polkit, where there is one, grants agents and workspace users nothing: no lingering, no power button. Without it systemd asks for root.
# needs: CONTENT
check() {
  [[ ! -d /etc/polkit-1/rules.d ]] || is_file /etc/polkit-1/rules.d/00-agentworks.rules 644 root "$CONTENT"
}
apply() {
  put_file /etc/polkit-1/rules.d/00-agentworks.rules 644 root "$CONTENT"
}
