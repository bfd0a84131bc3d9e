# Our groups: whose rights are cut down, and who may see every process.
# needs: GROUPS_WANTED RECORD
check() {
  local group
  for group in "${GROUPS_WANTED[@]}"; do
    getent group -- "$group" >/dev/null
    is_claimed groups "$group" "$RECORD"
  done
}
apply() {
  local group
  for group in "${GROUPS_WANTED[@]}"; do
    if getent group -- "$group" >/dev/null && [[ ! -e $(record_of groups "$group") ]]; then
      echo "group $group exists on this machine and is not ours"
      return 1
    fi
    claim groups "$group" "$RECORD"
    getent group -- "$group" >/dev/null || groupadd --system -- "$group"
  done
}
