#!/usr/bin/env bash
# What `npm run check` runs: types, lint and format, for TypeScript and for shell.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests/setup.sh

failed=0
check() {
  echo "$1"
  "${@:2}" || failed=1
}

readarray -t scripts < <(find . -name '*.sh' -not -path './node_modules/*' -not -path './dist/*' | sort)
scripts+=(.ci/run)
readonly scripts

check 'types' node_modules/.bin/tsc --noEmit -p .
check 'lint and format' node_modules/.bin/biome ci --colors=off --error-on-warnings .
check 'shell lint' shellcheck --shell=bash "${scripts[@]}"
check 'shell format' shfmt -i 2 -ci -d "${scripts[@]}"
exit "$failed"
