# git no longer trusts the workspace for this user.
# needs: DIRECTORY
check() {
  [[ -z $(git config --global --fixed-value --get-all safe.directory "$DIRECTORY" || true) ]]
}
apply() {
  git config --global --fixed-value --unset-all safe.directory "$DIRECTORY"
}
