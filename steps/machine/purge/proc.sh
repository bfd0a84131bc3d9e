# What /proc showed before it shows again, now and after a boot.
# needs:
check() {
  [[ ! -e /etc/systemd/system/agentworks-proc.service && ! -L /etc/systemd/system/sysinit.target.wants/agentworks-proc.service ]]
}
apply() {
  local options
  options=$(paste -s -d , /var/lib/agentworks/adopted/proc 2>/dev/null || true)
  mount -o "remount,hidepid=off,gid=0${options:+,$options}" /proc
  rm -f /etc/systemd/system/sysinit.target.wants/agentworks-proc.service /etc/systemd/system/agentworks-proc.service
  rmdir --ignore-fail-on-non-empty /etc/systemd/system/sysinit.target.wants
  systemctl daemon-reload
}
