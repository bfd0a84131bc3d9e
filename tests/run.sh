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

# Guests share this machine's kernel, and these weaken its settings for a while: no other guest may run beside them.
readonly WEAKENING=(tests/guest/attacks/attacks.test.ts tests/guest/machine/adopt.test.ts)

# These measure time in seconds: nothing runs beside them.
readonly MEASURING=(
  tests/guest/commands/busy.test.ts tests/guest/harness/proxy.test.ts tests/guest/machine/init.test.ts tests/guest/vm/logins.test.ts
)

# Machines with a kernel of their own.
own_kernel_files() { find tests/guest -name '*.test.ts' -path '*/*qemu*' | sort; }

other_guest_files() {
  find tests/guest -name '*.test.ts' -not -path '*/*qemu*' | sort | grep -vxFf <(printf '%s\n' "${WEAKENING[@]}" "${MEASURING[@]}")
}

# `list NAME COMMAND...`: what the command prints, as a file: who reads a line there moves on for everybody who reads it.
list() {
  "${@:2}" >"$REPORTS/$1"
  echo "$REPORTS/$1"
}

# Runs the test files that stdin lists, one after the other.
run_files() {
  local file
  while file=$(flock "$REPORTS/next" head -n 1 | grep .); do tests/run-file.sh "$REPORTS" "$file" </dev/null; done
}

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
  local weakening own_kernel rest beside
  run_files <"$(list measuring printf '%s\n' "${MEASURING[@]}")"
  weakening=$(list weakening printf '%s\n' "${WEAKENING[@]}")
  own_kernel=$(list own-kernel own_kernel_files)
  exec {rest}<"$(list rest other_guest_files)"
  {
    run_files <"$weakening"
    : >"$REPORTS/nothing-is-weak"
    run_files <&"$rest"
  } &
  beside=$!
  run_files <"$own_kernel"
  until [[ -e $REPORTS/nothing-is-weak ]] || ! kill -0 "$beside" 2>/dev/null; do sleep 1; done
  run_files <&"$rest"
  wait "$beside"
  tests/guest/harness/guest.sh sweep
}

tests/setup.sh
node_modules/.bin/bun build.ts --single
: >"$REPORTS/counts"
# By themselves: some measure time.
if [[ $KIND != guest ]]; then run_files <"$(list unit unit_files)"; fi
if [[ $KIND != unit ]]; then run_guests; fi
read -r passed failed < <(awk '{ passed += $1; failed += $2 } END { print passed + 0, failed + 0 }' "$REPORTS/counts")
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
