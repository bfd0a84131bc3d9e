# Our directories, those in /run after every boot too, and the one that holds the workspaces.
# needs: WORKSPACES_ROOT TMPFILES
check() {
  is_directory /etc/agentworks 755 root root
  is_directory /etc/agentworks/authorized_keys 755 root root
  is_directory /run/agentworks 711 root root
  is_directory /run/agentworks/sessions 711 root root
  is_file /etc/tmpfiles.d/agentworks.conf 644 root "$TMPFILES"
  is_directory "$WORKSPACES_ROOT" 711 root root
}
apply() {
  install -d -m 755 -o root -g root /etc/agentworks /etc/agentworks/authorized_keys
  install -d -m 711 -o root -g root /run/agentworks /run/agentworks/sessions
  put_file /etc/tmpfiles.d/agentworks.conf 644 root "$TMPFILES"
  make_workspaces_root
}
# Parents that are there stay as they are; those that we make are written down, to be removed with us.
make_workspaces_root() {
  local directory=$WORKSPACES_ROOT made=/var/lib/agentworks/directories
  local -a missing=()
  while [[ ! -e $directory ]]; do
    missing=("$directory" "${missing[@]}")
    directory=$(dirname -- "$directory")
  done
  if [[ ${#missing[@]} -eq 0 ]] && ! may_be_ours "$made"; then
    echo "$WORKSPACES_ROOT exists and is not ours: choose another paths.vm_workspaces"
    return 1
  fi
  [[ ${#missing[@]} -eq 0 ]] || printf '%s\n' "${missing[@]}" >>"$made"
  for directory in "${missing[@]}"; do mkdir -m 755 -- "$directory"; done
  chown root:root -- "$WORKSPACES_ROOT"
  chmod 711 -- "$WORKSPACES_ROOT"
}
may_be_ours() {
  [[ -d $WORKSPACES_ROOT && ! -L $WORKSPACES_ROOT ]] || return 1
  grep -qxF -- "$WORKSPACES_ROOT" "$1" 2>/dev/null || is_directory "$WORKSPACES_ROOT" 711 root root || [[ -z $(ls -A -- "$WORKSPACES_ROOT") ]]
}
