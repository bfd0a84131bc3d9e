# C.UTF-8 for every login that does not choose. It is part of Debian; nothing is generated.
# needs: CONTENT
check() {
  is_file "$(locale_file)" 644 root "$CONTENT"
}
apply() {
  put_file "$(locale_file)" 644 root "$CONTENT"
}
# Debian 13 made the old name a link to the new one.
locale_file() {
  readlink -m /etc/default/locale
}
