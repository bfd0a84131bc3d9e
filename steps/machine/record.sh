# The machine is ours: our record says which installation it belongs to, before anything else is changed.
# needs: RECORD INSTALLATION TAKE_OVER
check() {
  is_file /var/lib/agentworks/machine 600 root "$RECORD"$'\n'
}
apply() {
  if ! may_claim; then
    echo 'this machine belongs to another installation of agentworks'
    return 1
  fi
  install -d -m 755 /var/lib/agentworks
  put_file /var/lib/agentworks/machine 600 root "$RECORD"$'\n'
}
may_claim() {
  [[ $TAKE_OVER == true || ! -e /var/lib/agentworks/machine ]] || grep -qF -- "\"$INSTALLATION\"" /var/lib/agentworks/machine
}
