# Each value and each step's functions are used by the bash of its own that a step's phase runs in.
# shellcheck shell=bash disable=SC2016,SC2034,SC2154,SC2317,SC2329

OPERATION='vm stop dev'
MODE='check'
LOCKS=('machine')
EXCLUSIVE=true
STEP_COUNT=1
PHASE_FUNCTIONS=('is_file' 'put_file' 'is_directory' 'record_of' 'is_claimed' 'is_ours' 'claim' 'claim_user' 'end_processes' 'processes_of' 'claimed_uid' 'next_uid' 'apt_get' 'finish_dpkg' 'await_lock' 'apt_update' 'installed' 'install_packages' 'coming_packages' 'confined_users')

main() {
  set -uo pipefail
  shopt -s inherit_errexit
  umask 022
  export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
  cd /
  declare -gA SECRETS=()
  declare -ga LOCK_FDS=()
  declare -g RUN='' LOG='' STOPPED='' FAILURES=0 ROOT
  ROOT=$(getent passwd root)
  exec {NEVER}<> <(:)
  if [[ $# -gt 0 ]]; then
    start_detached "$1"
  else
    exec {EVENTS}>&1 1>&2 </dev/null
    printf '\n' >&"$EVENTS"
  fi
  event run "$STEP_COUNT"
  if take_locks "${2:-wait}"; then
    steps
  fi
  local outcome=complete
  [[ $FAILURES -eq 0 ]] || outcome=partial
  event end "${STOPPED:-$outcome}"
}

# Our own files of this run: its directory in /run, which a reboot takes away, and the log, which stays.
start_detached() {
  RUN=$1
  LOG=/var/lib/agentworks/runs/${RUN##*/}.log
  rm -f "$RUN/secrets"
  local name value
  while IFS=' ' read -r name value; do SECRETS[$name]=$value; done
  exec </dev/null
  install -d -m 755 /var/lib/agentworks
  install -d -m 700 /var/lib/agentworks/runs
  # Ten are kept, and more while somebody whose connection broke may still come for them.
  find /var/lib/agentworks/runs -name '*.log' -printf '%T@ %p\n' | sort -rn | tail -n +10 | cut -d ' ' -f 2- |
    xargs -r -I '{}' find '{}' -mmin +10 -delete
  (umask 077 && : >>"$LOG")
  find "${RUN%/*}" -mindepth 2 -maxdepth 2 -name ended -mmin +1440 -printf '%h\n' | xargs -r rm -rf
  find "${RUN%/*}" -maxdepth 1 -name '.new.*' -mmin +60 -exec rm -rf {} +
  trap 'touch "$RUN/ended"' EXIT
  exec {EVENTS}>>"$RUN/events"
  printf '%s\n' "$OPERATION" >"$RUN/operation"
  printf '%s\n' "$$" >"$RUN/pid"
}

# One line to whoever follows. The mark keeps it apart from anything else on the same stream; a name may hold any character.
event() {
  local IFS=$'\t'
  set -- "${@//\\/\\\\}"
  set -- "${@//$'\t'/\\t}"
  set -- "${@//$'\n'/\\n}"
  printf '@agw\t%s\t%s\n' "${EPOCHREALTIME//[!0-9]/}" "$*" >&"$EVENTS"
}

cancelled() {
  [[ -n $RUN && -e $RUN/cancel ]]
}

# Every lock of LOCKS, in its sorted order. `machine` is shared unless EXCLUSIVE. Reads take none.
take_locks() {
  local name how fd
  [[ -n $RUN ]] || return 0
  install -d -m 700 /run/agentworks/lock
  for name in "${LOCKS[@]}"; do
    how=-x
    [[ $name != machine || $EXCLUSIVE == true ]] || how=-s
    exec {fd}>>"/run/agentworks/lock/$name"
    LOCK_FDS+=("$fd")
    if ! flock -n "$how" "$fd"; then
      event wait "$name" "$(lock_holders "$name")"
      if [[ $1 == nowait ]]; then
        STOPPED=busy
        return 1
      fi
      until flock -w 1 "$how" "$fd"; do
        if cancelled; then
          STOPPED=interrupted
          return 1
        fi
      done
    fi
    printf '%s\n' "$name" >>"$RUN/locks"
  done
}

# The operations of the live runs that hold a lock.
lock_holders() {
  local file run pid holders=''
  for file in "${RUN%/*}"/*/locks; do
    run=${file%/locks}
    [[ $run != "$RUN" && ! -e $run/ended ]] || continue
    read -r pid <"$run/pid" 2>/dev/null || continue
    kill -0 "$pid" 2>/dev/null || continue
    grep -qxF -- "$1" "$file" && holders+="${holders:+, }$(<"$run/operation")"
  done
  printf '%s' "${holders:-another process}"
}

# run_step NUMBER ID SUBJECT NAME USER FATAL LIMIT STAMP BODY VALUES PHASES SECRETS
# PHASES names which of check, apply and report the step's file defines, SECRETS which value of stdin is which parameter: `TOKEN=1`.
run_step() {
  local number=$1 id=$2 subject=$3 name=$4 user=$5 fatal=$6 limit=$7 stamp=$8 body=$9 values=${10} phases=${11} secrets=${12}
  local stamp_file=${subject//\%/%25} result=failed
  stamp_file=/var/lib/agentworks/stamps/${id//\//.}@${stamp_file//\//%2F}
  if [[ -z $STOPPED ]] && cancelled; then STOPPED=interrupted; fi
  event step "$number" start "$id" "$subject" "$name"
  if [[ -n $STOPPED ]]; then
    event step "$number" skipped
    return
  fi
  log_line "--- $name"
  if is_so; then
    result=unchanged
  elif [[ $MODE == check ]]; then
    result=changed
  elif phase apply && became_so; then
    result=changed
  fi
  if [[ $phases == *report* && $result != failed && $MODE != check ]]; then report_value || result=failed; fi
  event step "$number" "$result"
  [[ $result == failed ]] || return 0
  FAILURES=$((FAILURES + 1))
  [[ $fatal != true ]] || STOPPED=failed
}

# Whether the step in hand is already so: by its check, or by the stamp of the last time it succeeded.
is_so() {
  if [[ $phases == *check* ]]; then
    phase check
    return
  fi
  [[ -f $stamp_file && $(<"$stamp_file") == "$stamp" ]]
}

# After a good apply: what has a check is asked again, what has none gets its stamp.
became_so() {
  if [[ $phases == *check* ]]; then
    phase check
    return
  fi
  install -d -m 700 /var/lib/agentworks/stamps
  printf '%s\n' "$stamp" >"$stamp_file.new" && mv -T "$stamp_file.new" "$stamp_file"
}

log_line() {
  local line
  printf -v line '%s  %(%H:%M:%S)T' "$1" -1
  if [[ -n $LOG ]]; then
    printf '%s\n' "$line" >>"$LOG" 2>/dev/null
  fi
}

# phase NAME [FILE]: one phase of the step in hand, from nothing: its own bash, the program on its stdin, no fd but its output.
# With FILE, what it prints on stdout goes there.
phase() {
  local log out keeper reader status
  exec {log}> >(keep_output)
  keeper=$! reader=$! out=$log
  if [[ $# -gt 1 ]]; then
    exec {out}> >(close_ours "$log" && exec head -c 65539 >"$2" 2>/dev/null)
    reader=$!
  fi
  program "$1" | as_user "$user" "$limit" 1>&"$out" 2>&"$log"
  status=${PIPESTATUS[1]}
  exec {out}>&- {log}>&-
  await_reader "$reader"
  await_reader "$keeper"
  if [[ $status -eq 124 || $status -eq 137 ]]; then log_line "stopped after $limit s"; fi
  return "$status"
}

# The value that `report` prints, at most 64 KiB (87384 in base64), as one word.
report_value() {
  local file value status=0
  file=$(mktemp -p /run) || return 1
  phase report "$file" || status=$?
  value=$(base64 -w 0 "$file")
  rm -f "$file"
  if [[ ${#value} -gt 87384 ]]; then
    log_line 'the report is longer than 64 KiB'
    return 1
  fi
  [[ $status -eq 0 ]] && event report "$number" "$value"
}

# A process that a step left behind may hold the pipe for ever; what it prints later is nobody's.
await_reader() {
  local deadline=$((${EPOCHREALTIME//[!0-9]/} + 500000))
  # A pipe that never says anything waits without another process.
  while kill -0 "$1" 2>/dev/null && [[ ${EPOCHREALTIME//[!0-9]/} -lt $deadline ]]; do read -r -t 0.004 -u "$NEVER"; done
}

# Root's reader of what a phase prints: 4 MiB are kept, the rest is counted, and the writer never meets a closed pipe.
keep_output() {
  local first rest LC_ALL=C
  close_ours
  [[ -n $LOG ]] || exec cat >/dev/null 2>&1
  # Most phases print nothing, and then no other program is needed.
  IFS= read -r -d '' -n 1 first || return 0
  { if [[ -n $first ]]; then printf '%s' "$first"; else printf '\0'; fi; } >>"$LOG" 2>/dev/null
  stdbuf -o0 head -c 4194303 >>"$LOG" 2>/dev/null
  [[ $(tail -c 1 "$LOG" | wc -l) -eq 1 ]] || echo >>"$LOG"
  rest=$(wc -c)
  [[ $rest -eq 0 ]] || log_line "[$rest more bytes were not kept]"
}

# close_ours [FD...]: whoever may outlive a phase holds neither the events nor a lock.
close_ours() {
  local fd
  for fd in "$EVENTS" "$NEVER" "${LOCK_FDS[@]}" "$@"; do exec {fd}>&-; done
}

# What a phase's bash reads: our functions, the step's body and values, its secrets, and the call.
program() {
  local need value
  declare -f "${PHASE_FUNCTIONS[@]}" "$body" "$values"
  printf '%s\n' 'set -euo pipefail' 'shopt -s inherit_errexit' 'umask 022' 'cd' "$values" "$body"
  for need in $secrets; do
    value=$(printf '%s' "${SECRETS[${need#*=}]}" | base64 -d && printf x)
    printf '%s=%q\n' "${need%%=*}" "${value%x}"
  done
  printf '{ %s </dev/null; exit; }\n' "$1"
}

# as_user USER SECONDS: a bash with nothing of ours: no environment, no fd, no privileges that the user has not.
# The user's PATH is set last: by it, nothing is found that still runs as root.
as_user() {
  local name=$1 limit=$2 grace=10 home shell uid gid entry=$ROOT path=/usr/sbin:/usr/bin:/sbin:/bin
  local -a become=()
  close_ours "$out" "$log"
  [[ $name == root ]] || entry=$(getent passwd -- "$name") || {
    echo "user $name does not exist"
    return 125
  }
  IFS=: read -r _ _ uid gid _ home shell <<<"$entry"
  if [[ $uid -ne 0 ]]; then
    path=$home/.local/bin:$home/.local/share/mise/shims:/usr/local/bin:/usr/bin:/bin
    become=(setpriv --reuid "$name" --regid "$gid" --init-groups)
    if [[ $name == agt-* || $name == ws-* ]]; then
      become+=(--no-new-privs)
      grace=1
    fi
  fi
  [[ $limit -eq 0 ]] || become=(timeout --kill-after="$grace" "$limit" "${become[@]}")
  exec "${become[@]}" env -i HOME="$home" USER="$name" LOGNAME="$name" SHELL="$shell" LANG=C.UTF-8 TERM=dumb PATH="$path" \
    /bin/bash -s
}

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

step_toy_true() {
  check() {
    true
  }
  apply() {
    true
  }
}

values_1() {
  :
}

steps() {
  run_step 1 'toy/true' '' 'toy/true' 'root' true 60 b96bd7d10a21227ad483c3ec18fc43f44253dff41bd4600c85748b9d13309445 step_toy_true values_1 'check apply' ''
}

{
  main "$@"
  exit
}
