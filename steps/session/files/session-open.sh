#!/bin/bash
# session-open SESSION HISTORY_LIMIT: systemd runs it as the session's user beside the new tmux server, to give it its one session.
set -euo pipefail
export PATH=/usr/bin:/bin
unset TMUX
session=$1
files=/var/lib/agentworks/sessions.d/$session
run=/run/agentworks/sessions/$session
tmux=(/usr/bin/tmux -N -S "$run/tmux")
IFS= read -r -d '' workspace <"$files/workspace" || true

# The server may still be on its way to its socket.
for ((tries = 0; tries < 200; tries++)); do
  ! "${tmux[@]}" list-sessions >/dev/null 2>&1 || break
  sleep 0.02
done
"${tmux[@]}" set-option -g history-limit "$2" \; \
  new-session -d -s "$session" -x 200 -y 50 -c "$workspace" /etc/agentworks/bin/session-run "$session" \; \
  set-option -s exit-empty on
# tmux ends well also where it made no session.
"${tmux[@]}" has-session -t "=$session"

# Whoever starts a session is told of a command that ends at once.
for ((tries = 0; tries < 16; tries++)); do
  [[ ! -e $run/exit ]] || break
  sleep 0.05
done
