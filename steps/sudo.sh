{
  # Becomes root's bash on the same stdin, for a login whose sudo asks for a password: that is the next line of stdin. It is
  # read here in any case, or a sudo that has stopped asking would leave it to root's bash as a command.
  IFS= read -r password
  if sudo -n true </dev/null 2>/dev/null; then exec sudo -n bash -s; fi
  printf '%s\n' "$password" | sudo -S -k -p '' true || exit 1
  exec sudo -S -k -p '' bash -s < <(
    printf '%s\n' "$password"
    exec cat
  )
}
