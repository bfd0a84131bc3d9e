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
  in_namespace mmdebstrap --mode="$mode" --format=directory --variant=minbase --architectures="$arch" --include="$packages" \
    "${options[@]}" --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
    --essential-hook="bash '$work/prepare.sh' \"\$1\"" --customize-hook="bash '$work/furnish.sh' \"\$1\" '$work/files'" \
    "$release" "$work/made" ${sources:+-} <<<"$sources"
}

# What is mounted there for root ends with the last process, however that ends. (A plain user has a namespace from mmdebstrap.)
in_namespace() {
  if ((EUID == 0)); then unshare --mount --propagation private "$@"; else "$@"; fi
}

# MADE is the namespace's own, and nothing else here is: the root moves one down, to leave room for the disk beside it.
make_disk() {
  local made=$1
  echo 'I: making the disk'
  mkdir "$made/.root"
  mv "$made"/* "$made/.root"
  # The kernel fills it; only root could have made what stands there.
  rm -rf "$made"/.root/dev/*
  truncate -s "$(($(du -sm "$made/.root" | cut -f 1) + 400))M" "$made/root.img"
  mkfs.ext4 -q -F -L root -m 1 -E lazy_itable_init=1,nodiscard -d "$made/.root" "$made/root.img"
  install -m 644 "$made"/.root/boot/vmlinuz-* "$made/vmlinuz"
  install -m 644 "$made"/.root/boot/initrd.img-* "$made/initrd.img"
}

# In the namespace in which the root's files have their owners.
as_root() {
  if ((EUID == 0)); then "$@"; else mmdebstrap --unshare-helper "$@"; fi
}

make() {
  local work=$1 target=$2 release=$3 arch=$4 packages=$5 mode=unshare
  umask 022
  ((EUID != 0)) || mode=root
  make_root "$work" "$release" "$arch" "$packages" "$mode"
  as_root bash "$work/build.sh" disk "$work/made"
  cp --sparse=always --reflink=auto "$work"/made/{root.img,vmlinuz,initrd.img} "$target"
}

sweep() {
  as_root rm -rf --one-file-system "$1" || true
  rm -rf --one-file-system "$1"
}

# Whoever wants the image holds our stdin. When they are gone, so is all that works for them.
end_with_owner() {
  local owner
  exec {owner}<&0 </dev/null
  { read -r -N 1 -u "$owner" _ || kill -KILL 0; } >/dev/null 2>&1 &
  exec {owner}<&-
}

main() {
  case $1 in
    make)
      end_with_owner
      make "${@:2}"
      ;;
    disk) make_disk "$2" ;;
    sweep) sweep "$2" ;;
  esac
}

main "$@"
exit
