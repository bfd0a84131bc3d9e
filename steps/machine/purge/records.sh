# Our records go last: the machine does not know us any more.
# needs:
check() {
  [[ ! -e /var/lib/agentworks ]]
}
apply() {
  # The log of the run that says this is among them.
  rm -rf /var/lib/agentworks
}
