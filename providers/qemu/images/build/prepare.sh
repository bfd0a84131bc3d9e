#!/usr/bin/env bash
# Before the packages are installed: prepare.sh ROOT. The kernel's own package makes the initrd by these settings: it loads the drivers
# of the one disk that there is, and asks no udev.
set -euo pipefail
readonly SETTINGS=$1/etc/initramfs-tools
install -d "$SETTINGS/conf.d" "$SETTINGS/hooks"
printf '%s\n' virtio_pci virtio_blk ext4 >"$SETTINGS/modules"
printf '%s\n' MODULES=list COMPRESS=zstd FSTYPE=ext4 RESUME=none >"$SETTINGS/conf.d/agentworks"
cat >"$SETTINGS/hooks/zz-agentworks" <<'HOOK'
#!/bin/sh
[ "$1" = prereqs ] && exit 0
rm -f "$DESTDIR/scripts/init-top/udev"
# The one thing that udev's own script does here besides.
printf '%s\n' '#!/bin/sh' '[ "$1" = prereqs ] || mount -n -o move /dev "$rootmnt/dev"' >"$DESTDIR/scripts/init-bottom/udev"
rm -rf "$DESTDIR/usr/lib/udev" "$DESTDIR/usr/lib/systemd" "$DESTDIR/usr/bin/udevadm"
HOOK
chmod 755 "$SETTINGS/hooks/zz-agentworks"
