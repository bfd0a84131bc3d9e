#!/usr/bin/env bash
# What makes the installed packages a machine: furnish.sh ROOT FILES.
set -euo pipefail
shopt -s inherit_errexit nullglob
readonly ROOT=$1 FILES=$2
readonly MASKED=(apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service
  getty@tty1.service getty-static.service console-getty.service serial-getty@ttyS0.service serial-getty@ttyAMA0.service
  dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount sys-fs-fuse-connections.mount
  modprobe@configfs.service modprobe@dm_mod.service modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service
  modprobe@loop.service systemd-network-generator.service systemd-update-utmp.service systemd-update-utmp-runlevel.service
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-binfmt.service)

place() { install -D -m 644 "$FILES/$1" "$ROOT/$2"; }

place network.conf etc/systemd/system/agentworks-network.service
place host-keys.conf etc/systemd/system/agentworks-host-keys.service
place time.conf etc/systemd/system/agentworks-time.timer
printf '%s\n' 'address add 10.0.2.15/24 dev eth0' 'link set eth0 up' 'route add default via 10.0.2.2' >"$ROOT/etc/agentworks-network"
for unit in "${MASKED[@]}"; do ln -sf /dev/null "$ROOT/etc/systemd/system/$unit"; done
chroot "$ROOT" systemctl -q disable systemd-timesyncd.service
chroot "$ROOT" systemctl -q enable agentworks-network.service agentworks-host-keys.service agentworks-time.timer
rm -f "$ROOT"/etc/ssh/ssh_host_*_key* "$ROOT/etc/resolv.conf"
echo 'nameserver 10.0.2.3' >"$ROOT/etc/resolv.conf"
echo 'LABEL=root / ext4 defaults,x-systemd.growfs 0 1' >"$ROOT/etc/fstab"
echo debian >"$ROOT/etc/hostname"
printf '127.0.0.1 localhost\n127.0.1.1 debian\n::1 localhost ip6-localhost ip6-loopback\n' >"$ROOT/etc/hosts"
: >"$ROOT/etc/machine-id"
# All that systemd would bring up to date at the first boot is so.
touch "$ROOT/etc/.updated" "$ROOT/var/.updated"
# What runs is the kernel beside the image: its modules here must stay those.
# shellcheck disable=SC2016 # dpkg-query fills in the names
chroot "$ROOT" dpkg-query -W -f '${Package}\n' 'linux-image-*' | xargs chroot "$ROOT" apt-mark -q hold
for certificate in /usr/local/share/ca-certificates/*.crt; do
  install -m 644 "$certificate" "$ROOT/usr/local/share/ca-certificates/"
done
chroot "$ROOT" update-ca-certificates
rm -rf "$ROOT"/var/cache/debconf/*-old "$ROOT"/var/lib/dpkg/*-old
