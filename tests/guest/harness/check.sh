#!/usr/bin/env bash
# check.sh CACHE: exits 0 when guests can run on this machine, or says in a line why they cannot.
set -euo pipefail

readonly CACHE=$1
# What we call, and the Debian package that has it.
readonly NEEDS=(mmdebstrap:mmdebstrap systemd-nspawn:systemd-container ip:iproute2 slirp4netns:slirp4netns
  ssh-keygen:openssh-client /usr/share/keyrings/debian-archive-keyring.gpg:debian-archive-keyring)

fail() {
  echo "no guests: $*" >&2
  exit 1
}

missing_packages() {
  local need
  for need in "${NEEDS[@]}"; do
    type -P "${need%:*}" >/dev/null || [[ -e ${need%:*} ]] || echo "${need#*:}"
  done
}

try_mounts() {
  local dir code=0
  dir=$(mktemp -d "$CACHE/check.XXXXXX")
  # shellcheck disable=SC2016
  unshare --mount --propagation private bash -c '
    mkdir "$1"/{lower,upper,work} && cd "$1" &&
    mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,volatile lower &&
    mount -t cgroup2 cgroup2 /sys/fs/cgroup && mkdir -p /sys/fs/cgroup/agentworks-test' _ "$dir" || code=$?
  rm -rf "$dir"
  return "$code"
}

((EUID == 0)) || fail 'they need root.'
missing=$(missing_packages)
[[ -z $missing ]] || fail "programs are missing: apt-get install ${missing//$'\n'/ }"
[[ -c /dev/net/tun ]] || fail 'there is no /dev/net/tun, their way to the network.'
[[ $CACHE != *[:,\ ]* ]] || fail "the path of the cache, $CACHE, has a character that overlays cannot take."
mkdir -p "$CACHE"
try_mounts 2>/dev/null || fail "an overlay in $CACHE, or a cgroup2 tree, cannot be mounted; AGENTWORKS_TEST_CACHE can name a directory on ext4."
