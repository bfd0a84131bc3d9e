#!/usr/bin/env bash
# Makes the image of a Debian machine from this computer's own apt sources.
#   build.sh make WORK TARGET RELEASE ARCH PACKAGES   WORK holds the recipe; root.img, vmlinuz and initrd.img appear in TARGET
#   build.sh sweep WORK                               removes WORK, whoever its files belong to
# A plain user does it in a user namespace (mmdebstrap's), so nobody needs to be root.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8

# The computer's own Debian sources, for RELEASE. None when it is no Debian: then mmdebstrap takes Debian's own.
mirror_lines() {
  local release=$1 codename uri suite component
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016 # apt fills in the names
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Created-By: Packages' |
    while read -r uri suite component; do
      [[ $suite != "$codename"* ]] || echo "deb $uri $release${suite#"$codename"} $component"
    done | sort -u
}

# What this computer's apt needs to reach its mirror, apt in the machine needs too.
apt_options() {
  apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-(Valid-Until|Date)) ' | tr -d ';' || true
}

make_root() {
  local work=$1 release=$2 arch=$3 packages=$4 mode=$5 sources option options=()
  while read -r option; do options+=(--aptopt="$option"); done < <(apt_options)
  sources=$(mirror_lines "$release")
  # No fsync and no documentation: nothing is lost by a cut, and both cost seconds.
  mmdebstrap --mode="$mode" --format=directory --variant=minbase --architectures="$arch" --include="$packages" \
    "${options[@]}" --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --essential-hook="bash '$work/prepare.sh' \"\$1\"" --customize-hook="bash '$work/furnish.sh' \"\$1\" '$work/files'" \
    "$release" "$work/root" ${sources:+-} <<<"$sources"
}

make_disk() {
  local work=$1
  echo 'I: making the disk'
  truncate -s "$(($(du -sm "$work/root" | cut -f 1) + 400))M" "$work/root.img"
  mkfs.ext4 -q -F -L root -m 1 -E lazy_itable_init=1,nodiscard -d "$work/root" "$work/root.img"
  install -m 644 "$work"/root/boot/vmlinuz-* "$work/vmlinuz"
  install -m 644 "$work"/root/boot/initrd.img-* "$work/initrd.img"
}

# In the namespace in which the root's files have their owners.
as_root() {
  if ((EUID == 0)); then "$@"; else mmdebstrap --unshare-helper "$@"; fi
}

make() {
  local work=$1 target=$2 release=$3 arch=$4 packages=$5 mode=unshare
  umask 022
  ((EUID != 0)) || mode=root
  # The namespace's root is another user, who has to write here.
  ((EUID == 0)) || chmod 777 "$work"
  make_root "$work" "$release" "$arch" "$packages" "$mode"
  as_root bash "$work/build.sh" disk "$work"
  cp --sparse=always --reflink=auto "$work"/{root.img,vmlinuz,initrd.img} "$target"
  sync "$target"/*
}

sweep() {
  as_root rm -rf --one-file-system "$1" || true
  rm -rf --one-file-system "$1"
}

main() {
  exec </dev/null
  case $1 in
    make) make "${@:2}" ;;
    disk) make_disk "$2" ;;
    sweep) sweep "$2" ;;
  esac
}

main "$@"
exit
