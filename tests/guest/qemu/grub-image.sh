#!/usr/bin/env bash
# A disk image like Debian's own for clouds, in small: a partition table, GRUB, one ext4 partition, cloud-init.
# grub-image.sh TARGET: makes TARGET (qcow2) as root, once: about a minute.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
readonly TARGET=$1 GRUB=/usr/lib/grub/i386-pc
readonly PACKAGES=cloud-guest-utils,cloud-init,dbus,e2fsprogs,fdisk,initramfs-tools,iproute2,libpam-systemd,linux-image-cloud-amd64,openssh-server,systemd-sysv,udev
WORK=$(mktemp -d)
readonly WORK
trap 'rm -rf --one-file-system "$WORK"' EXIT

mirror_lines() {
  # shellcheck disable=SC2016 # apt fills in the names
  apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Origin: Debian' 'Created-By: Packages' |
    grep -E '^deb [^ ]+ bookworm' | sort -u
}

make_root() {
  local sources
  sources=$(mirror_lines || true)
  unshare --mount --propagation private mmdebstrap --quiet --variant=minbase --include="$PACKAGES" \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --customize-hook="bash '$0' furnish \"\$1\"" bookworm "$WORK/root" ${sources:+-} <<<"$sources"
}

furnish() {
  local root=$1
  rm -f "$root"/etc/ssh/ssh_host_*
  : >"$root/etc/machine-id"
  echo 'LABEL=cloudroot / ext4 defaults 0 1' >"$root/etc/fstab"
  printf '[Match]\nType=ether\n[Network]\nDHCP=ipv4\n' >"$root/etc/systemd/network/10-all.network"
  echo 'network: {config: disabled}' >"$root/etc/cloud/cloud.cfg.d/90-network.cfg"
  echo 'datasource_list: [NoCloud, None]' >"$root/etc/cloud/cloud.cfg.d/90-datasource.cfg"
  chroot "$root" systemctl -q enable systemd-networkd.service
  chroot "$root" systemctl -q mask apt-daily.timer apt-daily-upgrade.timer systemd-networkd-wait-online.service
  mkdir -p "$root/boot/grub"
  cat >"$root/boot/grub/grub.cfg" <<'CONFIG'
linux /vmlinuz root=LABEL=cloudroot ro quiet console=ttyS0
initrd /initrd.img
boot
CONFIG
}

# The boot sector, GRUB's core in the gap behind it, then the partition from 1 MiB on.
make_disk() {
  local partition=$WORK/partition disk=$WORK/disk
  truncate -s "$(($(du -sm "$WORK/root" | cut -f 1) + 200))M" "$partition"
  mkfs.ext4 -q -F -L cloudroot -d "$WORK/root" "$partition"
  truncate -s "$(($(stat -c %s "$partition") + 1048576))" "$disk"
  echo '2048,,L,*' | sfdisk --quiet "$disk"
  grub-mkimage -O i386-pc -p '(hd0,msdos1)/boot/grub' -o "$WORK/core.img" biosdisk part_msdos ext2 normal linux echo
  dd if="$GRUB/boot.img" of="$disk" bs=440 count=1 conv=notrunc status=none
  dd if="$WORK/core.img" of="$disk" bs=512 seek=1 conv=notrunc status=none
  dd if="$partition" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
  qemu-img convert -O qcow2 "$disk" "$TARGET.new"
  mv "$TARGET.new" "$TARGET"
}

if [[ $1 == furnish ]]; then
  furnish "$2"
else
  make_root
  make_disk
fi
