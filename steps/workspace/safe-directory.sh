# git works in the workspace for this user, although the files there belong to several.
# needs: DIRECTORY
check() {
  [[ $(git config --global --fixed-value --get-all safe.directory "$DIRECTORY") == "$DIRECTORY" ]]
}
apply() {
  git config --global --fixed-value --replace-all safe.directory "$DIRECTORY" "$DIRECTORY"
}
