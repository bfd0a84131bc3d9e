# Everyone sees their own processes alone, now and after a boot. Those who must see all are in a group.
# needs: UNIT SEERS
check() {
  local user members
  is_file /etc/systemd/system/agentworks-proc.service 644 root "$UNIT"
  [[ -L /etc/systemd/system/sysinit.target.wants/agentworks-proc.service ]]
  [[ $(proc_options) == "gid=$(getent group agentworks-proc | cut -d: -f3) hidepid=invisible" ]]
  members=,$(getent group agentworks-proc | cut -d: -f4),
  for user in "${SEERS[@]}"; do
    if getent passwd -- "$user" >/dev/null; then [[ $members == *",$user,"* ]]; fi
  done
}
apply() {
  local user
  for user in "${SEERS[@]}"; do
    if getent passwd -- "$user" >/dev/null; then gpasswd --add "$user" agentworks-proc; fi
  done
  # It decides nothing well while it cannot see who asks.
  if systemctl is-active --quiet polkit.service; then systemctl restart polkit.service; fi
  put_file /etc/systemd/system/agentworks-proc.service 644 root "$UNIT"
  install -d -m 755 /etc/systemd/system/sysinit.target.wants
  ln -sfn ../agentworks-proc.service /etc/systemd/system/sysinit.target.wants/agentworks-proc.service
  mount -o "remount,hidepid=invisible,gid=$(getent group agentworks-proc | cut -d: -f3)" /proc
}
proc_options() {
  findmnt -n -o OPTIONS /proc | grep -oE '(hidepid|gid)=[^,]+' | sort | paste -s -d ' '
}
