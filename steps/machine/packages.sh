# The Debian packages that every machine has.
# needs: PACKAGES
check() {
  installed "${PACKAGES[@]}"
}
apply() {
  install_packages "${PACKAGES[@]}"
}
