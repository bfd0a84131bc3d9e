# A swap file of the wanted size, used from boot on.
# needs: SWAP_GIB
check() {
  grep -q '^/swapfile ' /proc/swaps && grep -q '^/swapfile[[:space:]]' /etc/fstab && [[ $(stat -c %s:%a:%U /swapfile) == "$((SWAP_GIB << 30)):600:root" ]]
}
apply() {
  if grep -q '^/swapfile ' /proc/swaps; then swapoff /swapfile; fi
  rm -f /swapfile
  (umask 077 && fallocate -l "${SWAP_GIB}G" /swapfile)
  mkswap /swapfile
  swapon /swapfile
  grep -q '^/swapfile[[:space:]]' /etc/fstab || printf '/swapfile none swap sw 0 0\n' >>/etc/fstab
}
