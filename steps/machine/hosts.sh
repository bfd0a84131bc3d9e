# The machine's name in /etc/hosts: without it every sudo waits for a name server.
# needs: HOST_NAME
check() {
  [[ $(awk -v name="$HOST_NAME" '/^127\./ { for (i = 2; i <= NF; i++) if ($i == name) found = 1 } END { print found }' /etc/hosts) == 1 ]]
}
apply() {
  local rest
  rest=$(grep -v '^127\.0\.1\.1[[:space:]]' /etc/hosts || true)
  put_file /etc/hosts 644 root "127.0.1.1 $HOST_NAME"$'\n'"$rest"$'\n'
}
