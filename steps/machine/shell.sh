# The shell that the admin logs in to, from the package of its name.
# needs: SHELL_NAME
check() {
  type -P -- "$SHELL_NAME" >/dev/null
}
apply() {
  install_packages "${SHELL_NAME##*/}"
}
