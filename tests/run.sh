#!/usr/bin/env bash
# What `npm test` runs. run.sh [unit|guest]: prepares the machine, builds the executable, runs every test file by itself,
# one after the other, and ends with "N passed, N failed". AGENTWORKS_NO_GUEST=1 leaves the real guests out.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly KIND=${1:-all}
# Seconds a test file may take.
readonly LIMIT=900
REPORTS=$(mktemp -d)
readonly REPORTS
trap 'rm -rf "$REPORTS"' EXIT
passed=0
failed=0

unit_files() { find tests -name '*.test.ts' -not -path 'tests/guest/*' | sort; }

guest_files() { find tests/guest -name '*.test.ts' | sort; }

# One number of bun's JUnit report: `count report.xml failures`.
count() {
  local line
  line=$(grep -m 1 '<testsuites ' "$1") || return 1
  [[ $line =~ \ $2=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}"
}

# Runs a test file and adds its results. A file that crashes, fails to load, has no tests or leaves some out has failed.
run_file() {
  local file=$1 report=$REPORTS/report.xml log=$REPORTS/log began=$EPOCHREALTIME code=0 good=0 bad=0 left_out=0
  rm -f "$report"
  timeout --kill-after=10 "$LIMIT" node_modules/.bin/bun test --timeout=60000 --reporter=junit --reporter-outfile="$report" "./$file" \
    </dev/null >"$log" 2>&1 || code=$?
  if [[ -s $report ]]; then
    bad=$(count "$report" failures)
    left_out=$(count "$report" skipped)
    good=$(($(count "$report" tests) - bad - left_out))
    bad=$((bad + left_out))
  fi
  if ((bad == 0 && (code != 0 || good == 0))); then bad=1; fi
  passed=$((passed + good))
  failed=$((failed + bad))
  printf '%8.1f s  %s: %d passed, %d failed\n' "$(seconds_since "$began")" "$file" "$good" "$bad"
  ((bad == 0)) || explain "$code" "$left_out" "$log"
}

explain() {
  (($1 != 124 && $1 != 137)) || echo "           stopped after $LIMIT s"
  (($2 == 0)) || echo "           $2 left out (skip, todo)"
  sed 's/^/           | /' "$3"
}

seconds_since() {
  local now=$EPOCHREALTIME
  echo "$(((${now/[^0-9]/} - ${1/[^0-9]/}) / 100000))e-1"
}

run_guests() {
  local reason file
  if [[ ${AGENTWORKS_NO_GUEST:-} == 1 ]]; then
    echo '!!! AGENTWORKS_NO_GUEST=1: the tests on real guests are LEFT OUT. Nothing here says that the product works. !!!'
    return
  fi
  if ! reason=$(tests/guest/harness/guest.sh check 2>&1); then
    echo "Guests cannot run on this machine: $reason"
    echo 'AGENTWORKS_NO_GUEST=1 leaves their tests out.'
    failed=$((failed + 1))
    return
  fi
  while IFS= read -r file; do run_file "$file"; done < <(guest_files)
  tests/guest/harness/guest.sh sweep
}

tests/setup.sh
node_modules/.bin/bun build.ts --single
if [[ $KIND != guest ]]; then
  while IFS= read -r file; do run_file "$file"; done < <(unit_files)
fi
if [[ $KIND != unit ]]; then run_guests; fi
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
