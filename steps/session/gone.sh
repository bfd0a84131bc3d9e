# The session goes: its processes, its unit, what it was told and what it left; our record last.
# needs: SESSION INSTALLATION
check() {
  ! is_ours sessions "$SESSION" "$INSTALLATION"
}
apply() {
  local unit=agentworks-session-$SESSION.service run
  if [[ $(systemctl show --property LoadState --value "$unit") != not-found ]]; then
    # It is asked to end, but not waited for long: nothing of it is to stay.
    if ! timeout 2 systemctl stop "$unit"; then
      systemctl kill --signal KILL "$unit" || true
      systemctl stop "$unit"
    fi
    systemctl reset-failed "$unit" 2>/dev/null || true
  fi
  rm -f -- "/etc/systemd/system/$unit"
  rm -rf -- "/var/lib/agentworks/sessions.d/$SESSION"
  # systemd removes it with the session. Where it could not: out of everybody's reach, then deleted.
  for run in "$SESSION" "$SESSION.xdg"; do
    [[ -e /run/agentworks/sessions/$run ]] || continue
    install -d -m 700 /run/agentworks/removed
    mv -T -- "/run/agentworks/sessions/$run" "/run/agentworks/removed/$run"
    rm -rf --one-file-system -- "/run/agentworks/removed/$run"
  done
  [[ $(systemctl show --property LoadState --value "$unit") == not-found ]] || systemctl daemon-reload
  [[ $(systemctl show --property LoadState --value "$unit") == not-found ]]
  [[ -z $(find /sys/fs/cgroup -type d -name "$unit") ]]
  rm -f -- "$(record_of sessions "$SESSION")"
}
