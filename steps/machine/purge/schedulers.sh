# cron's and at's lists without our lines, and gone where they were not there before.
# needs:
check() {
  [[ $(cat /etc/cron.deny /etc/at.deny 2>/dev/null | grep -cE '^(agt|ws)-' || true) -eq 0 ]]
}
apply() {
  local file
  for file in /etc/cron.deny /etc/at.deny; do
    [[ ! -e $file ]] || sed -i -E '/^(agt|ws)-/d' "$file"
    [[ -s $file || -e /var/lib/agentworks/adopted$file ]] || rm -f "$file"
  done
}
