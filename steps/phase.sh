# What every phase of every step may call. Root's steps use them on paths that only root can change.

# is_file PATH MODE OWNER[:GROUP] CONTENT: a regular file, no symlink, with just this mode, owner and content.
is_file() {
  [[ -f $1 && ! -L $1 && $(stat -c %a:%U:%G "$1"): == "$2:$3:"* ]] && cmp -s -- "$1" <(printf '%s' "$4")
}

# put_file PATH MODE OWNER[:GROUP] CONTENT: replaces it whole or not at all. Without a group it is the owner's own.
put_file() {
  local new owner=$3
  [[ $owner == *:* ]] || owner+=:
  new=$(mktemp -- "$1.XXXXXX")
  if printf '%s' "$4" >"$new" && chmod "$2" "$new" && chown "$owner" "$new" && mv -T -- "$new" "$1"; then return 0; fi
  rm -f -- "$new"
  return 1
}

# is_directory PATH MODE OWNER GROUP
is_directory() {
  [[ -d $1 && ! -L $1 && $(stat -c %a:%U:%G "$1") == "$2:$3:$4" ]]
}

# Our record of a thing on this machine, KIND NAME: what exists without one is not ours.
record_of() {
  printf '/var/lib/agentworks/%s/%s' "$1" "$2"
}

# is_claimed KIND NAME RECORD: whether our record says just this.
is_claimed() {
  local line
  IFS= read -r line <"$(record_of "$1" "$2")" && [[ $line == "$3" ]]
} 2>/dev/null

# is_ours KIND NAME INSTALLATION: there is a record of it, and it names this installation.
is_ours() {
  grep -qsF -- "\"$3\"" "$(record_of "$1" "$2")"
}

# claim KIND NAME RECORD: writes our record before the thing is made; keeps the uid of one that exists.
claim() {
  local file uid
  file=$(record_of "$1" "$2")
  uid=$(claimed_uid "$1" "$2")
  install -d -m 755 /var/lib/agentworks
  install -d -m 700 "${file%/*}"
  put_file "$file" 600 root "$3"$'\n'"${uid:+uid $uid$'\n'}"
}

# claim_user USER KIND NAME RECORD: as claim, with a uid that no user of this machine ever had. Refuses a user that is not ours.
claim_user() {
  local file uid
  file=$(record_of "$2" "$3")
  if [[ ! -e $file ]] && { getent passwd -- "$1" || getent group -- "$1"; } >/dev/null; then
    echo "user or group $1 exists on this machine and is not ours"
    return 1
  fi
  claim "$2" "$3" "$4"
  [[ -n $(claimed_uid "$2" "$3") ]] || printf 'uid %s\n' "$(next_uid)" >>"$file"
}

# end_processes UID: every process of a user, from everywhere. The kernel kills those of its slice as one; the rest by kill -1 as the
# user, for what forks faster than a list is read, and by root, whom what fights back cannot reach.
end_processes() {
  local tries=0 slice=/sys/fs/cgroup/user.slice/user-$1.slice/cgroup.kill
  while [[ -n $(processes_of "$1") ]]; do
    if [[ $tries -gt 50 ]]; then
      echo "processes of user $1 do not end:"
      ps -o pid,stat,comm -p "$(processes_of "$1" | paste -s -d ,)"
      return 1
    fi
    [[ ! -e $slice ]] || echo 1 >"$slice"
    setpriv --reuid "$1" --regid "$1" --clear-groups -- bash -c 'kill -KILL -1' || true
    processes_of "$1" | xargs -r kill -KILL 2>/dev/null || true
    sleep 0.05
    tries=$((tries + 1))
  done
}

# processes_of UID: their numbers.
processes_of() {
  {
    pgrep -u "$1"
    pgrep -U "$1"
  } | sort -u || true
}

# The uid in our record of KIND NAME; nothing when there is none.
claimed_uid() {
  sed -n 's/^uid \([0-9]\{5\}\)$/\1/p' "$(record_of "$1" "$2")" 2>/dev/null || true
}

# Counts up and never back: a freed uid would hand its old files to somebody else.
next_uid() {
  local counter=/var/lib/agentworks/next-uid uid=20000 fd
  exec {fd}>>"$counter.lock"
  flock "$fd"
  [[ ! -s $counter ]] || uid=$(<"$counter")
  while getent passwd "$uid" >/dev/null || getent group "$uid" >/dev/null; do uid=$((uid + 1)); done
  if [[ $uid -gt 29999 ]]; then
    echo 'no uid is left between 20000 and 29999' >&2
    return 1
  fi
  put_file "$counter" 600 root "$((uid + 1))"
  printf '%s' "$uid"
}

# An interrupted dpkg is finished first, and its lock is waited for.
apt_get() {
  finish_dpkg
  apt-get -y -q -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-confdef "$@"
}

finish_dpkg() {
  export DEBIAN_FRONTEND=noninteractive
  await_lock /var/lib/dpkg/lock-frontend
  [[ -n $(find /var/lib/dpkg/updates -type f -print -quit) ]] || return 0
  dpkg --configure -a --force-confold --force-confdef || apt-get -y -q --fix-broken --no-remove install
}

# await_lock FILE: until no program holds this lock of apt's or dpkg's, ten minutes at most.
await_lock() {
  local inode tries=0
  inode=$(stat -c %i "$1" 2>/dev/null || true)
  while [[ -n $inode && $tries -lt 600 ]] && grep -q ":$inode " /proc/locks; do
    sleep 1
    tries=$((tries + 1))
  done
}

# apt waits for dpkg's lock by itself, but not for the lock of the package lists.
apt_update() {
  await_lock /var/lib/apt/lists/lock
  apt_get update
}

# installed PACKAGE...: every one is there, configured.
installed() {
  local count
  count=$(dpkg-query -W -f '${db:Status-Abbrev}\n' "$@" 2>/dev/null | grep -c '^.i $' || true)
  [[ $count -eq $# ]]
}

# install_packages PACKAGE...: also with package lists that are old or were never fetched, and after somebody's broken install.
# Nothing is ever removed for it. On an adopted machine everything that comes is written down first, to be removed when the
# machine is given back.
install_packages() {
  local kept=/var/lib/agentworks/adopted
  finish_dpkg
  if ! coming_packages "$@" >/dev/null; then
    apt_update
    apt_get --fix-broken --no-remove install
  fi
  if [[ -d $kept ]]; then
    coming_packages "$@" | sort -u | comm -23 - "$kept/packages" >>"$kept/installed"
  fi
  apt_get install --no-install-recommends --no-remove -- "$@" && return
  apt_update
  apt_get install --no-install-recommends --no-remove -- "$@"
}

# What apt would install for these, one name a line.
coming_packages() {
  apt-get -s -q --no-install-recommends --no-remove install -- "$@" | sed -n 's/^Inst \([^ :]*\).*/\1/p'
}

# The Linux users of our agents and workspaces, one a line.
confined_users() {
  sed -n 's/^\(\(agt\|ws\)-[^:]*\):.*/\1/p' /etc/passwd
}
