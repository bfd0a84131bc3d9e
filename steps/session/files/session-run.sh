#!/bin/bash
# session-run SESSION: the process of a session's pane. Runs its command in the user's login shell, and keeps how it ended.
session=$1
ended=/run/agentworks/sessions/$session/exit
files=/var/lib/agentworks/sessions.d/$session
IFS= read -r -d '' workspace <"$files/workspace"
IFS= read -r -d '' command <"$files/command"

# Ctrl-C is the command's; the trap keeps this bash, and is not inherited.
trap : INT QUIT
if cd -- "$workspace"; then
  if [[ -n $command ]]; then
    "$SHELL" -lic "$command"
  else
    "$SHELL" -l
  fi
  status=$?
else
  status=1
fi
printf '%s\n' "$status" >"$ended.new"
mv -T -- "$ended.new" "$ended"
printf '\r\n[exited with %s]\r\n' "$status"
