#!/usr/bin/env bash
# Makes a Debian machine ready for the checks and tests: the packages they use (as root), and node_modules. Quick when all is there.
# `setup.sh modules`: node_modules alone, which is what a build takes.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# What the checks and tests call, the guests' own needs (tests/guest/harness/check.sh) among it.
readonly PACKAGES=(
  acl debian-archive-keyring e2fsprogs fdisk git grub-pc-bin iproute2 less libc6-arm64-cross mmdebstrap openssh-client
  openssh-server openssl procps qemu-system-x86 qemu-user qemu-utils shellcheck shfmt slirp4netns strace sudo
  systemd-container tmux uidmap unzip
)

missing_packages() {
  local package
  for package in "${PACKAGES[@]}"; do
    [[ $(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null || true) == installed ]] || echo "$package"
  done
}

install_packages() {
  local missing
  missing=$(missing_packages)
  [[ -n $missing ]] || return 0
  if ((EUID != 0)); then
    echo "These packages are missing, and only root can install them: apt-get install ${missing//$'\n'/ }" >&2
    return 1
  fi
  echo "Installing ${missing//$'\n'/ }" >&2
  export DEBIAN_FRONTEND=noninteractive
  apt-get -q update >&2
  xargs apt-get -q install --yes --no-install-recommends -o Dpkg::Use-Pty=0 <<<"$missing" >&2
}

install_modules() {
  [[ node_modules/.package-lock.json -nt package-lock.json && node_modules/.package-lock.json -nt package.json ]] || npm ci --loglevel=error >&2
  # Where npm runs no install scripts, bun is a stub until its own script put the program there.
  node_modules/.bin/bun --version >/dev/null 2>&1 || (cd node_modules/bun && node install.js) >&2
}

[[ ${1:-} == modules ]] || install_packages
install_modules
