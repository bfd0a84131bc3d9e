#!/usr/bin/env bash
# The cached root images that guests boot from: image.sh RELEASE VARIANT prints the overlay layers, top first.
# "bare" is a plain Debian server. "warm" is a layer on top of it, with the packages that every machine of ours
# gets, so that a test does not spend its time in apt.
set -euo pipefail
shopt -s inherit_errexit nullglob
umask 022

readonly SELF=${BASH_SOURCE[0]}
readonly RELEASE=${1:?release} VARIANT=${2:?variant} STEP=${3:-ensure}
readonly CACHE=${AGENTWORKS_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentworks-test}
readonly LOG=$CACHE/build.log

readonly BARE_PACKAGES=(ca-certificates cron dbus iproute2 libpam-systemd openssh-server procps sudo systemd-sysv)
readonly WARM_PACKAGES=(acl curl git gnupg jq ncurses-term polkitd tmux unzip zstd)
readonly HOST_CERTIFICATES=(/usr/local/share/ca-certificates/*.crt)
# Timers that would take the dpkg lock in the middle of a test, and a login prompt on a console that nobody has.
readonly MASKED_UNITS=(apt-daily.timer apt-daily-upgrade.timer console-getty.service dpkg-db-backup.timer
  e2scrub_all.timer e2scrub_reap.service fstrim.timer getty@tty1.service)

# The host's own Debian sources, for RELEASE. Nothing when it has none: then mmdebstrap takes its own default.
mirror_lines() {
  local codename uri suite component
  codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
  # shellcheck disable=SC2016 # apt fills in the names
  apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Created-By: Packages' |
    while read -r uri suite component; do
      [[ $suite != "$codename"* ]] || echo "deb $uri $RELEASE${suite#"$codename"} $component"
    done | sort -u
}

# What the host's apt needs to reach its mirror, apt in the guest needs too.
apt_options() {
  apt-config dump | grep -E '^Acquire::(https?::Proxy|Check-(Valid-Until|Date)) ' | tr -d ';' || true
}

# Everything that goes into an image, so that a change of any of it makes a new one.
image_key() {
  # The odd bracket makes a pattern of the file that newer hosts lack.
  cat "$SELF" "${HOST_CERTIFICATES[@]}" /etc/apt/sources.lis[t] /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/* |
    sha256sum | cut -c1-16
}

furnish() {
  local root=$1 unit
  rm -f "$root"/etc/ssh/ssh_host_*_key* # every guest gets its own
  for unit in "${MASKED_UNITS[@]}"; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  add_users "$root"
  # The address at which a guest's user-mode network answers names.
  rm -f "$root/etc/resolv.conf" && echo 'nameserver 10.0.2.3' >"$root/etc/resolv.conf"
  if ((${#HOST_CERTIFICATES[@]})); then
    cp "${HOST_CERTIFICATES[@]}" "$root/usr/local/share/ca-certificates/"
    chroot "$root" update-ca-certificates >/dev/null
  fi
}

# The ways in that the product must cope with: root, sudo without and with a password, and no sudo at all.
add_users() {
  local root=$1 user
  for user in owner carol plain; do
    chroot "$root" useradd --create-home --shell /bin/bash "$user"
  done
  chroot "$root" usermod --append --groups sudo carol
  echo 'carol:sudo-secret' | chroot "$root" chpasswd
  (umask 226 && echo 'owner ALL=(ALL:ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/owner")
}

build_bare() {
  local target=$1 option sources options=()
  while read -r option; do
    options+=(--aptopt="$option")
  done < <(apt_options)
  sources=$(mirror_lines)
  # No documentation and no fsync: the image is for tests, and both cost seconds.
  mmdebstrap --quiet --variant=minbase --include="$(IFS=, && echo "${BARE_PACKAGES[*]}")" "${options[@]}" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --skip=essential/unlink --setup-hook="bash '$SELF' $RELEASE bare share-archives \"\$1\"" \
    --customize-hook="bash '$SELF' $RELEASE bare furnish \"\$1\"" \
    --customize-hook="umount \"\$1\"/var/cache/apt/archives" \
    "$RELEASE" "$target.tmp" ${sources:+-} <<<"$sources"
  mv "$target.tmp" "$target"
}

# Downloaded packages are kept between builds.
share_archives() {
  mkdir -p "$CACHE/archives/$RELEASE" "$1/var/cache/apt/archives"
  mount --bind "$CACHE/archives/$RELEASE" "$1/var/cache/apt/archives"
}

build_warm() {
  local target=$1 bare=$2 work=$1.tmp root=$1.tmp/root
  mkdir -p "$work"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$bare,upperdir=$work/upper,workdir=$work/work,volatile" "$root"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
  share_archives "$root"
  export DEBIAN_FRONTEND=noninteractive
  chroot "$root" apt-get -q update
  chroot "$root" apt-get -q install --yes --no-install-recommends -o Dpkg::Use-Pty=0 "${WARM_PACKAGES[@]}"
  rm -rf "$root"/var/lib/apt/lists/*
  umount --recursive "$root"
  mv "$work/upper" "$target"
  rm -rf "$work"
}

build() {
  local bare=$1 warm=$2
  exec >"$LOG" 2>&1
  rm -rf --one-file-system "$CACHE"/images/*.tmp # of a build that was killed: this one holds the lock
  [[ -d $bare ]] || build_bare "$bare"
  [[ $VARIANT == bare || -d $warm ]] || build_warm "$warm" "$bare"
  # Images of other versions of this file, unless another checkout used them this week.
  find "$CACHE/images" -mindepth 1 -maxdepth 1 -mtime +7 -exec rm -rf --one-file-system {} +
}

ensure() {
  local bare warm layers
  bare=$CACHE/images/$RELEASE-$(image_key)-bare
  warm=${bare%-bare}-warm
  layers=$bare
  [[ $VARIANT == bare ]] || layers=$warm:$bare
  [[ -d ${layers%%:*} ]] || build_alone "$bare" "$warm"
  touch "$bare" "${layers%%:*}"
  echo "$layers"
}

# One build at a time, in a mount namespace of its own, so that not even a killed build leaves a mount behind.
build_alone() {
  mkdir -p "$CACHE/images"
  echo "Building the $VARIANT $RELEASE test image, once: about a minute; $LOG ..." >&2
  flock "$CACHE/build.lock" unshare --mount --propagation private \
    bash "$SELF" "$RELEASE" "$VARIANT" build "$@" || {
    tail -n 20 "$LOG" >&2
    return 1
  }
}

case $STEP in
  ensure) ensure ;;
  build) build "$4" "$5" ;;
  share-archives) share_archives "$4" ;;
  furnish) furnish "$4" ;;
esac
