{
  # First contact, as whoever the owner let us in: says how this login becomes root, and goes on as a root bash on the same
  # stdin. A sudo password is read from one line, tried, and never an argument.
  say() { printf '\n@agw\t0\tbecome\t%s\n' "$1"; }
  if [ "$(id -u)" -eq 0 ]; then
    say root
  elif ! command -v sudo >/dev/null; then
    say none
    exit 1
  elif sudo -n true </dev/null 2>/dev/null; then
    say sudo
    exec sudo -n bash -s
  else
    say password
    IFS= read -r password
    printf '%s\n' "$password" | sudo -S -k -p '' true || exit 1
    say sudo-password
    exec sudo -S -k -p '' bash -s < <(
      printf '%s\n' "$password"
      exec cat
    )
  fi
}
