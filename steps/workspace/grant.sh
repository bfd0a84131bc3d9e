# A user may work in the workspace: it is in the workspace's group.
# needs: WORKSPACE GROUP MEMBER
check() {
  [[ -n $(claimed_uid workspaces "$WORKSPACE") && " $(id -nG -- "$MEMBER" 2>/dev/null) " == *" $GROUP "* ]]
}
apply() {
  if [[ -z $(claimed_uid workspaces "$WORKSPACE") ]]; then
    echo "there is no workspace $WORKSPACE on this machine"
    return 1
  fi
  gpasswd --add "$MEMBER" "$GROUP"
}
