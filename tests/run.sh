#!/usr/bin/env bash
# What `npm test` runs. run.sh [unit|guest]: prepares the machine, builds the executable, runs every test file by itself, those on
# guests two at a time, and ends with "N passed, N failed". AGENTWORKS_NO_GUEST=1 leaves the real guests out.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly KIND=${1:-all}
REPORTS=$(mktemp -d)
readonly REPORTS
trap 'rm -rf "$REPORTS"' EXIT

unit_files() { find tests -name '*.test.ts' -not -path 'tests/guest/*' | sort; }

guest_files() { find tests/guest -name '*.test.ts' | sort; }

# `run_files N`: the files on stdin, N at a time.
run_files() { xargs -r -n 1 -P "$1" tests/run-file.sh "$REPORTS"; }

run_guests() {
  local reason
  if [[ ${AGENTWORKS_NO_GUEST:-} == 1 ]]; then
    echo '!!! AGENTWORKS_NO_GUEST=1: the tests on real guests are LEFT OUT. Nothing here says that the product works. !!!'
    return
  fi
  if ! reason=$(tests/guest/harness/guest.sh check 2>&1); then
    echo "Guests cannot run on this machine: $reason"
    echo 'AGENTWORKS_NO_GUEST=1 leaves their tests out.'
    echo '0 1' >>"$REPORTS/counts"
    return
  fi
  guest_files | run_files 2
  tests/guest/harness/guest.sh sweep
}

tests/setup.sh
node_modules/.bin/bun build.ts --single
: >"$REPORTS/counts"
# By themselves: some measure time.
if [[ $KIND != guest ]]; then unit_files | run_files 1; fi
if [[ $KIND != unit ]]; then run_guests; fi
read -r passed failed < <(awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }' "$REPORTS/counts")
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
