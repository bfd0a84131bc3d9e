# Our groups, and what is ours in /etc, /run and where the workspaces were.
# needs: GROUPS_WANTED
check() {
  local group
  for group in "${GROUPS_WANTED[@]}"; do [[ ! -e $(record_of groups "$group") ]]; done
  [[ ! -e /etc/agentworks && ! -e /etc/tmpfiles.d/agentworks.conf && ! -e /run/agentworks/sessions ]]
  [[ ! -e /var/lib/agentworks/directories ]]
}
apply() {
  local group directory made=/var/lib/agentworks/directories
  for group in "${GROUPS_WANTED[@]}"; do
    if [[ -e $(record_of groups "$group") ]] && getent group -- "$group" >/dev/null; then groupdel -- "$group"; fi
    rm -f -- "$(record_of groups "$group")"
  done
  rm -rf /etc/agentworks /run/agentworks/sessions
  rm -f /etc/tmpfiles.d/agentworks.conf
  while IFS= read -r directory; do
    if [[ -d $directory ]] && ! rmdir -- "$directory"; then echo "$directory holds files that are not ours, and is left"; fi
  done < <(tac "$made" 2>/dev/null || true)
  rm -f "$made"
}
