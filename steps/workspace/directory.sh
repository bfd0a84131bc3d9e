# The workspace's directory: its group may write, nobody else may look, and what is made in it inherits that.
# needs: WORKSPACE INSTALLATION RECORD LINUX_USER DIRECTORY
check() {
  is_claimed workspace-directories "$WORKSPACE" "$RECORD"
  is_directory "$DIRECTORY" 2770 "$LINUX_USER" "$LINUX_USER"
  [[ $(getfacl --omit-header --absolute-names --no-effective -- "$DIRECTORY" | paste -s -d ,) == "$(acl)," ]]
}
apply() {
  local root=${DIRECTORY%/*} new=${DIRECTORY%/*}/.$WORKSPACE.new
  if [[ $(stat -c %F:%u -- "$root") != directory:0 ]]; then
    echo "$root, where workspaces are, is not a directory of root's"
    return 1
  fi
  if [[ -e $DIRECTORY || -L $DIRECTORY ]] && ! is_ours workspace-directories "$WORKSPACE" "$INSTALLATION"; then
    echo "$DIRECTORY exists on this machine and is not ours"
    return 1
  fi
  claim workspace-directories "$WORKSPACE" "$RECORD"
  if [[ -d $DIRECTORY && ! -L $DIRECTORY ]]; then
    furnish "$DIRECTORY"
    return
  fi
  rm -rf -- "$new"
  mkdir -m 700 -- "$new"
  furnish "$new"
  mv -T -- "$new" "$DIRECTORY"
}
acl() {
  printf '%s' 'user::rwx,group::rwx,other::---,default:user::rwx,default:group::rwx,default:other::---'
}
furnish() {
  chown "$LINUX_USER:$LINUX_USER" -- "$1"
  setfacl --set "$(acl)" -- "$1"
  chmod 2770 -- "$1"
}
