# cloud-init keeps the host keys that we pinned, whatever it takes the next boot for.
# needs: CONTENT
check() {
  [[ ! -d /etc/cloud ]] || is_file /etc/cloud/cloud.cfg.d/99-preserve-ssh-keys.cfg 644 root "$CONTENT"
}
apply() {
  install -d -m 755 /etc/cloud/cloud.cfg.d
  put_file /etc/cloud/cloud.cfg.d/99-preserve-ssh-keys.cfg 644 root "$CONTENT"
}
