#!/usr/bin/env bash
# Debian machines for the tests: systemd, sshd, users, an address each; no virtualisation. See usage below.
# A guest belongs to a process, by default the caller of this script: it dies with that (--owner 1 for one that is
# to stay), and "sweep" removes its files.
set -euo pipefail
shopt -s inherit_errexit nullglob

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly HERE
readonly CACHE=${AGENTWORKS_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/agentworks-test}
readonly GUESTS=$CACHE/guests
readonly GUEST_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

usage() {
  cat >&2 <<'END'
guest.sh check                          can guests run here? otherwise says why not
guest.sh build [--variant …] [--release …]
guest.sh boot NAME [PORT] [--variant warm|bare] [--release bookworm|trixie] [--owner PID]
guest.sh reboot|stop|start|dispose NAME
guest.sh await NAME                     until it answers ssh, after a reboot of its own
guest.sh exec NAME -- ARGV…             as root, without ssh
guest.sh root NAME                      the guest's root file system, seen from the host
guest.sh list
guest.sh sweep                          dispose of the guests whose owner is gone
END
  exit 2
}

fail() {
  echo "guest.sh: $*" >&2
  exit 1
}

# --- looking at guests ----------------------------------------------------------------------------------------

# "PID START-TIME" of a process that lives: a pid alone may be another process by the time that somebody asks.
identity() {
  local stat fields
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -ra fields <<<"${stat##*) }"
  [[ ${fields[0]} != Z ]] || return 1
  echo "$1 ${fields[19]}"
}

owner_lives() {
  local owner
  owner=$(cat "$GUESTS/$1/owner" 2>/dev/null) || return 1
  [[ $owner == "$(identity "${owner% *}" || true)" ]]
}

# The pid, on the host, of the guest's process 1.
init_pid() {
  local keeper pid
  keeper=$(cat "$GUESTS/$1/keeper" 2>/dev/null) || return 1
  # The keeper sees the plain cgroup tree, which the host may not have mounted.
  read -r pid 2>/dev/null <"/proc/$keeper/root/sys/fs/cgroup/agentworks-test/$1/machine/payload/init.scope/cgroup.procs" || return 1
  echo "$pid"
}

running_init() { init_pid "$1" || fail "$1 is not running."; }

root() { echo "/proc/$(running_init "$1")/root"; }

list() {
  local dir name state
  for dir in "$GUESTS"/*/; do
    name=$(basename "$dir")
    state=off
    ! init_pid "$name" >/dev/null || state=on
    owner_lives "$name" || state+=', orphan'
    echo "$name $(cat "$dir/address" 2>/dev/null || true) $state"
  done
}

# The caller becomes a process of the guest, in the guest's cgroups too, so that it ends with the guest. Without the
# rights that nspawn withholds, or a test could set the host's clock.
exec_in() {
  local name=$1 init
  [[ ${2:-} == -- && $# -ge 3 ]] || usage
  init=$(running_init "$name")
  mkdir -p "/proc/$init/root/sys/fs/cgroup/harness"
  echo "$$" >"/proc/$init/root/sys/fs/cgroup/harness/cgroup.procs"
  cd /
  exec nsenter --target "$init" --all --root --wd -- env -i PATH="$GUEST_PATH" HOME=/root USER=root LOGNAME=root SHELL=/bin/bash \
    LANG=C.UTF-8 TERM="${TERM:-dumb}" setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio -- "${@:3}"
}

# --- starting and ending --------------------------------------------------------------------------------------

boot() {
  local name=$1 port=$2 layers dir=$GUESTS/$1
  [[ $name =~ ^[a-z0-9][a-z0-9-]{0,40}$ ]] || fail "not a name for a guest: $name"
  bash "$HERE/check.sh" "$CACHE"
  layers=$(image)
  claim "$name"
  setsid unshare --mount --propagation private bash "$HERE/keeper.sh" keep "$name" "$dir" "$layers" "$port" \
    </dev/null >"$dir/console.log" 2>&1 &
  echo "$port" >"$dir/port"
  if ! await_ssh "$name" $!; then
    tail -n 30 "$dir/console.log" >&2
    dispose "$name"
    fail "$name did not start."
  fi
  describe "$name"
}

image() { bash "$HERE/image.sh" "$release" "$variant"; }

# The owner is written before the directory has its name, so that no sweep ever sees a guest without one.
claim() {
  local new=$GUESTS/.$1.$$
  mkdir -p "$new"
  identity "$owner" >"$new/owner" || fail "there is no process $owner to own $1."
  mv -T "$new" "$GUESTS/$1" 2>/dev/null || {
    rm -rf "$new"
    fail "a guest $1 exists already."
  }
}

# sshd answers and the boot is over: before that, only root may log in.
await_ssh() {
  local name=$1 keeper=$2 deadline=$((SECONDS + 60))
  until ssh_answers "$name"; do
    ((SECONDS < deadline)) && identity "$keeper" >/dev/null || return 1
    sleep 0.05
  done
  (exec_in "$name" -- timeout 20 systemctl is-system-running --wait) >/dev/null 2>&1 || true
}

ssh_answers() {
  local dir=$GUESTS/$1
  [[ -s $dir/address ]] || return 1
  # shellcheck disable=SC2016
  timeout 1 bash -c 'read -r line <"/dev/tcp/$1/$2" && [[ $line == SSH-* ]]' _ \
    "$(<"$dir/address")" "$(<"$dir/port")" 2>/dev/null
}

describe() {
  local dir=$GUESTS/$1 address
  address=$(<"$dir/address")
  printf '{"name":"%s","host":"%s","port":%s,"gateway":"%s","directory":"%s"}\n' \
    "$1" "$address" "$(<"$dir/port")" "${address%.*}.1" "$dir"
}

# By the signals that process 1 takes for this: they work before D-Bus does.
end_machine() {
  local name=$1 signal=$2 init deadline=$((SECONDS + 120))
  init=$(running_init "$name")
  kill -s "$signal" "$init"
  while [[ -e /proc/$init && $(init_pid "$name") == "$init" ]]; do
    ((SECONDS < deadline)) || fail "$name does not go down: $GUESTS/$name/console.log"
    sleep 0.02
  done
}

reboot() {
  end_machine "$1" RTMIN+5
  await "$1"
}

stop() { end_machine "$1" RTMIN+4; }

start() {
  ! init_pid "$1" >/dev/null || fail "$1 is running."
  echo on >"$GUESTS/$1/power"
  await "$1"
}

await() {
  await_ssh "$1" "$(<"$GUESTS/$1/keeper")" || fail "$1 does not answer ssh: $GUESTS/$1/console.log"
}

dispose() {
  local name=$1 dir=$GUESTS/$1 interface
  # Not the guest of this name that another cache has.
  [[ -e $dir/taken ]] || unshare --mount --propagation private bash "$HERE/keeper.sh" reap "$name"
  # It ends with the guest's network namespace, but only some time after.
  interface=$(cat "$dir/interface" 2>/dev/null || echo none)
  ip link delete "$interface" 2>/dev/null || true
  rm -rf --one-file-system "$dir"
}

sweep() {
  local dir
  for dir in "$GUESTS"/*/; do
    owner_lives "$(basename "$dir")" || dispose "$(basename "$dir")"
  done
  [[ ! -d $GUESTS ]] || find "$GUESTS" -maxdepth 1 -name '.?*' -mmin +1 -exec rm -rf {} +
}

# --- arguments ------------------------------------------------------------------------------------------------

variant=warm release=bookworm owner=$PPID words=()

parse_options() {
  while (($#)); do
    case $1 in
      --variant) variant=$2 && shift ;;
      --release) release=$2 && shift ;;
      --owner) owner=$2 && shift ;;
      -*) usage ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  [[ $variant == @(warm|bare) && $release == @(bookworm|trixie) ]] || usage
}

main() {
  local command=${1:-}
  (($#)) || usage
  shift
  case $command in
    check) bash "$HERE/check.sh" "$CACHE" ;;
    list | sweep) "$command" ;;
    build) parse_options "$@" && image >/dev/null ;;
    boot) parse_options "$@" && boot "${words[0]:?name}" "${words[1]:-22}" ;;
    exec) exec_in "$@" ;;
    await | reboot | stop | start | dispose | root) "$command" "${1:?name}" ;;
    *) usage ;;
  esac
}

main "$@"
