# The workspace's directory goes: out of everybody's reach first, then deleted. Sessions in it must be gone before.
# needs: WORKSPACE INSTALLATION DIRECTORY
check() {
  ! is_ours workspace-directories "$WORKSPACE" "$INSTALLATION"
}
apply() {
  local away=${DIRECTORY%/*}/.agentworks-removed
  without_sessions
  install -d -m 700 -- "$away"
  rm -rf --one-file-system -- "${away:?}/$WORKSPACE" "${DIRECTORY%/*}/.$WORKSPACE.new"
  if [[ -e $DIRECTORY || -L $DIRECTORY ]]; then mv -T -- "$DIRECTORY" "$away/$WORKSPACE"; fi
  empty_out "$away/$WORKSPACE"
  rmdir --ignore-fail-on-non-empty -- "$away"
  [[ ! -e $DIRECTORY && ! -L $DIRECTORY && ! -e $away/$WORKSPACE ]]
  rm -f -- "$(record_of workspace-directories "$WORKSPACE")"
}
without_sessions() {
  local file session
  for file in /var/lib/agentworks/sessions.d/*/workspace; do
    if [[ -e $file ]] && printf '%s' "$DIRECTORY" | cmp -s -- - "$file"; then
      session=${file%/workspace}
      echo "session ${session##*/} is still in workspace $WORKSPACE"
      return 1
    fi
  done
}
# A process that stands in the directory may add to it while we delete; it cannot do so for ever.
empty_out() {
  local tries=0
  until rm -rf --one-file-system -- "$1"; do
    [[ $tries -lt 5 ]] || return 1
    tries=$((tries + 1))
  done
}
