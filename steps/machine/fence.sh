# Users other than root and the system's own reach none of the addresses that lead to the computer this machine runs on.
# needs: ADDRESSES RESOLVERS UNIT
check() {
  is_file /etc/agentworks/fence.nft 644 root "$(rules)"$'\n'
  is_file /etc/systemd/system/agentworks-fence.service 644 root "$UNIT"
  [[ -L /etc/systemd/system/sysinit.target.wants/agentworks-fence.service ]]
  systemctl is-active --quiet agentworks-fence.service
  [[ $(systemctl show --property NeedDaemonReload --value agentworks-fence.service) == no ]]
  # What the kernel has is what it had when it was told.
  cmp -s /var/lib/agentworks/fence <(nft -s list table inet agentworks 2>/dev/null)
}
apply() {
  installed nftables || install_packages nftables
  install -d -m 755 /etc/agentworks /etc/systemd/system/sysinit.target.wants
  rules | nft -c -f -
  put_file /etc/agentworks/fence.nft 644 root "$(rules)"$'\n'
  put_file /etc/systemd/system/agentworks-fence.service 644 root "$UNIT"
  ln -sfn ../agentworks-fence.service /etc/systemd/system/sysinit.target.wants/agentworks-fence.service
  systemctl daemon-reload
  # Loading it replaces the table as one: there is no moment without the fence.
  nft -f /etc/agentworks/fence.nft
  systemctl start agentworks-fence.service
  put_file /var/lib/agentworks/fence 600 root "$(nft -s list table inet agentworks)"$'\n'
}
rules() {
  printf '%s\n' '# Written by agentworks.' 'table inet agentworks' 'delete table inet agentworks' 'table inet agentworks {'
  printf '  chain output {\n    type filter hook output priority -10; policy accept;\n'
  local address family
  for address in "${RESOLVERS[@]}"; do
    printf '    meta skuid 1000-4294967294 ip daddr %s meta l4proto { tcp, udp } th dport 53 accept\n' "$address"
  done
  for address in "${ADDRESSES[@]}"; do
    family=ip
    [[ $address != *:* ]] || family=ip6
    printf '    meta skuid 1000-4294967294 %s daddr %s reject with icmpx admin-prohibited\n' "$family" "$address"
  done
  printf '  }\n}\n'
}
