# The program around a plan's steps: takes the locks, runs each step's phases, and says what became of them.
#
# Detached runs are started as `bash SCRIPT RUN_DIRECTORY wait|nowait` with the secrets on stdin; reads, without arguments,
# write their events to stdout and keep nothing of what the steps print.

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
