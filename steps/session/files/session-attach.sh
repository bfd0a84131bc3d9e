#!/bin/bash
# session-attach SESSION: shows the session on this terminal. Run by its own user alone: a tmux server commands its clients.
export LC_ALL=C.UTF-8
# Debian does not know every terminal, and tmux refuses one that it does not know.
infocmp "${TERM:-unknown}" >/dev/null 2>&1 || export TERM=xterm-256color
unset TMUX
tmux=(/usr/bin/tmux -u -N -S "/run/agentworks/sessions/$1/tmux")
# A client that waits for its server cannot be interrupted.
timeout --kill-after=1 5 "${tmux[@]}" has-session -t "=$1" </dev/null >/dev/null || {
  echo "session $1 does not answer" >&2
  exit 1
}
exec "${tmux[@]}" attach-session -t "=$1"
