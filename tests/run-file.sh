#!/usr/bin/env bash
# Runs one test file by itself, for run.sh: run-file.sh DIRECTORY FILE. Says how it went in one piece, and adds a line
# "GOOD BAD" to DIRECTORY/counts. A file that crashes, fails to load, has no tests or leaves some out has failed.
set -euo pipefail
shopt -s inherit_errexit
readonly DIRECTORY=$1 FILE=$2
# Seconds a test file may take.
readonly LIMIT=1800
WORK=$(mktemp -d "$DIRECTORY/XXXXXX")
readonly WORK

# One number of bun's JUnit report: `count failures`.
count() {
  local line
  line=$(grep -m 1 '<testsuites ' "$WORK/report.xml") || return 1
  [[ $line =~ \ $1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

seconds_since() {
  local now=$EPOCHREALTIME
  echo "$(((${now/[^0-9]/} - ${1/[^0-9]/}) / 100000))e-1"
}

explain() {
  ((code != 124 && code != 137)) || echo "           stopped after $LIMIT s"
  ((left_out == 0)) || echo "           $left_out left out (skip, todo)"
  sed 's/^/           | /' "$WORK/log"
}

began=$EPOCHREALTIME code=0 good=0 bad=0 left_out=0
timeout --kill-after=10 "$LIMIT" node_modules/.bin/bun test --timeout=60000 --reporter=junit --reporter-outfile="$WORK/report.xml" \
  "./$FILE" </dev/null >"$WORK/log" 2>&1 || code=$?
if [[ -s $WORK/report.xml ]]; then
  bad=$(count failures)
  left_out=$(count skipped)
  good=$(($(count tests) - bad - left_out))
  bad=$((bad + left_out))
fi
if ((bad == 0 && (code != 0 || good == 0))); then bad=1; fi
{
  printf '%8.1f s  %s: %d passed, %d failed\n' "$(seconds_since "$began")" "$FILE" "$good" "$bad"
  ((bad == 0)) || explain
} >"$WORK/words"
# Files that run at the same time speak one after the other.
exec {turn}>"$DIRECTORY/turn"
flock "$turn"
cat "$WORK/words"
echo "$good $bad" >>"$DIRECTORY/counts"
