# A user may no longer enter the workspace. Processes that it has already keep the group until they end.
# needs: GROUP MEMBER
check() {
  [[ " $(id -nG -- "$MEMBER" 2>/dev/null || true) " != *" $GROUP "* ]]
}
apply() {
  gpasswd --delete "$MEMBER" "$GROUP"
}
