# Installs Debian packages on the computer that this runs on, as root; the arguments name them. Stands behind the text of phase.sh.
set -euo pipefail
shopt -s inherit_errexit
export LC_ALL=C.UTF-8
{
  installed "$@" || install_packages "$@"
  exit
} </dev/null
