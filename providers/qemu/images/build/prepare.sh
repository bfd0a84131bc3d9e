#!/usr/bin/env bash
# Before the packages are installed: prepare.sh ROOT. The kernel's own package makes the initrd by these settings.
set -euo pipefail
root=$1
install -d "$root/etc/initramfs-tools/conf.d"
printf '%s\n' virtio_pci virtio_blk ext4 >"$root/etc/initramfs-tools/modules"
printf '%s\n' MODULES=list COMPRESS=zstd FSTYPE=ext4 RESUME=none >"$root/etc/initramfs-tools/conf.d/agentworks"
