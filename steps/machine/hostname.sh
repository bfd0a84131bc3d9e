# The machine's host name.
# needs: HOST_NAME
check() {
  [[ $(</etc/hostname) == "$HOST_NAME" && $(</proc/sys/kernel/hostname) == "$HOST_NAME" ]]
}
apply() {
  put_file /etc/hostname 644 root "$HOST_NAME"$'\n'
  hostname -- "$HOST_NAME"
}
