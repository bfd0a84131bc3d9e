#!/bin/bash
# session-ask USER CGROUP SECONDS BYTES PROGRAM...: root asks something with the rights of a session's user. It runs in the
# session's own cgroup, where what it may leave behind belongs; it forks nothing there, for the session may have used up its tasks.
# Whatever a tmux server is handed it can keep, so the reader too has its time and its measure.
set -uo pipefail
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8
user=$1 group=/sys/fs/cgroup$2/cgroup.procs seconds=$3 bytes=$4
shift 4
become=(setpriv --reuid "$user" --regid "$(id -g -- "$user")" --init-groups --no-new-privs --)
# shellcheck disable=SC2016 # the inner bash reads it
env -i PATH="$PATH" LC_ALL="$LC_ALL" timeout --kill-after=0.3 "$seconds" \
  bash -c 'cd / && echo "$$" >"$1" && shift && exec "$@"' ask "$group" "${become[@]}" "$@" </dev/null 2>/dev/null |
  timeout "$seconds.5" head -c "$bytes"
