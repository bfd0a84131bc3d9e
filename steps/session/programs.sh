# Our programs and settings for sessions: root's, for everybody to run or read.
# needs: FILES MODES CONTENTS
check() {
  local at
  for at in "${!FILES[@]}"; do is_file "${FILES[at]}" "${MODES[at]}" root "${CONTENTS[at]}"; done
}
apply() {
  local at
  install -d -m 755 /etc/agentworks /etc/agentworks/bin
  for at in "${!FILES[@]}"; do put_file "${FILES[at]}" "${MODES[at]}" root "${CONTENTS[at]}"; done
}
