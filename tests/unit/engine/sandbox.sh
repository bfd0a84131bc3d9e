#!/usr/bin/env bash
# sandbox.sh DIRECTORY [NOISE]: a root bash that reads stdin, and for which /run, /var/lib and the users are those of DIRECTORY.
# NOISE is printed first, as a start-up file would.
set -eu
directory=$1
mount --bind "$directory/run" /run
mount --bind "$directory/lib" /var/lib
mount --bind "$directory/passwd" /etc/passwd
mount --bind "$directory/group" /etc/group
printf %s "${2:-}"
exec bash -s
