# The machine is given back: only by the installation that it belongs to.
# needs: INSTALLATION
check() {
  [[ ! -e /var/lib/agentworks/machine ]] || grep -qF -- "\"$INSTALLATION\"" /var/lib/agentworks/machine
}
apply() {
  echo 'this machine belongs to another installation of agentworks'
  return 1
}
