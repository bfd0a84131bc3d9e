#!/bin/bash
# run DIRECTORY WORD...: a program with its arguments, for `exec`. Each word is "." and the base64url of what it says, so that no
# shell on the way has anything to quote; an empty directory is the home. stdin, stdout and stderr are the program's alone; it is started from
# the login shell, as a session's command is. When the connection goes, all that came over it ends.
set -uo pipefail

decode() {
  local text=${1#.}
  text=${text//-/+}
  text=${text//_//}
  while ((${#text} % 4)); do text+='='; done
  decoded=$(base64 -d <<<"$text" && printf x) && decoded=${decoded%x}
}

# shellcheck disable=SC2317 # called by the trap
# What a connection started lives in its own scope of logind, also what left the process group.
end_all() {
  local scope signal pid pids
  trap '' TERM
  scope=$(sed -n 's/^0:://p' /proc/self/cgroup)
  for signal in TERM KILL; do
    [[ -z $child ]] || kill -s "$signal" -- "-$child" 2>/dev/null
    if [[ $scope == */session-*.scope ]]; then
      mapfile -t pids <"/sys/fs/cgroup$scope/cgroup.procs"
      for pid in "${pids[@]}"; do
        [[ $pid == "$$" ]] || kill -s "$signal" "$pid" 2>/dev/null
      done
    fi
    [[ $signal == KILL ]] || sleep 1
  done
  exit 143
}

if [[ ${1-} != --watched ]]; then
  # sshd is our parent; when it ends, the kernel tells us.
  exec setpriv --pdeathsig TERM -- "$0" --watched "$@"
fi
shift
[[ $PPID -ne 1 ]] || exit 143
words=()
for word in "$@"; do
  decode "$word" || exit 125
  words+=("$decoded")
done
cd -- "${words[0]:-$HOME}" || exit 126
name=run
# shellcheck disable=SC2016 # the shell that is started reads it
start='exec "$@" <&7 >&8 2>&9 7<&- 8>&- 9>&-'
exec 7<&0 8>&1 9>&2
# A terminal hangs up what runs on it, and what reads it must be in front.
[[ ! -t 7 ]] || exec "$SHELL" -lic "$start" "$name" "${words[@]:1}" >/dev/null 2>&1
# A group of its own, with the signals as they came: what `set -m` gives a job.
set -m
child=''
trap end_all TERM HUP
"$SHELL" -lic "$start" "$name" "${words[@]:1}" </dev/null >/dev/null 2>&1 &
child=$!
exec 7<&- 8>&- 9>&- </dev/null >/dev/null 2>&1
wait "$child"
exit
