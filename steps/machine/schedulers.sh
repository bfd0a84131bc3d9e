# Agents and workspace users use neither cron nor at: what they start ends with their sessions.
# needs:
check() {
  is_denied /etc/cron yes && is_denied /etc/at no
}
apply() {
  exec {lock}>>/run/agentworks/lock/schedulers
  flock "$lock"
  is_denied /etc/cron yes || deny /etc/cron
  is_denied /etc/at no || deny /etc/at
}
# is_denied FILE OPEN: an allow file lets in those alone that it names; without either file cron lets everybody in, at nobody.
is_denied() {
  local user
  if [[ -e $1.allow ]]; then
    [[ $(grep -cE '^(agt|ws)-' "$1.allow" || true) -eq 0 ]]
    return
  fi
  [[ $2 == yes || -e $1.deny ]] || return 0
  for user in $(confined_users); do grep -qxF -- "$user" "$1.deny" 2>/dev/null || return 1; done
}
# Rewrites our lines alone, and leaves the file its owner and mode.
deny() {
  local file=$1.deny rest new
  if [[ -e $1.allow ]]; then
    file=$1.allow
    rest=$(grep -vE '^(agt|ws)-' "$file" || true)
  else
    rest=$({ cat "$file" 2>/dev/null || true; } | { grep -vE '^(agt|ws)-' || true; } && confined_users)
  fi
  [[ -e $file ]] || install -m 644 /dev/null "$file"
  new=$(mktemp "$file.XXXXXX")
  cp -p "$file" "$new"
  printf '%s' "${rest:+$rest$'\n'}" >"$new"
  mv -T "$new" "$file"
}
