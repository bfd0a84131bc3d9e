{
  # The first thing sent on every connection. Next on stdin: one line `ID SECRETS SCRIPT SUM WAIT EVENTS LOG` (byte counts, the
  # script's SHA-256, `wait` or `nowait`, and how much of events and log the client has). A run that is not known here is then
  # waited for: the secrets, the script.
  set -u
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  LC_ALL=C
  umask 077
  say() { printf '\n@agw\t0\t%s\t%s\t%s\n' "$1" "${2:-}" "${3:-}"; }
  runs=/run/agentworks/runs
  IFS=' ' read -r id secrets script sum wait seen_events seen_log || exit 74
  run=$runs/$id
  boot=$(cat /proc/sys/kernel/random/boot_id)
  if [ -d "$run" ]; then
    say hello "$boot" known
  elif [ "$script" -eq 0 ]; then
    say hello "$boot"
    say lost
    exit 0
  else
    say hello "$boot"
    [ -d /run/agentworks ] || install -d -m 711 /run/agentworks
    install -d -m 700 "$runs"
    new=$(mktemp -d "$runs/.new.XXXXXX") || {
      say nostart 'cannot write to /run'
      exit 0
    }
    trap 'rm -rf "$new"' EXIT
    # A line that fell silent is not waited for until TCP gives it up.
    if ! timeout 300 head -c "$secrets" >"$new/secrets" || ! timeout 300 head -c "$script" >"$new/script"; then
      say nostart 'cannot write to /run'
      exit 0
    fi
    # A connection that was cut: nothing of this run has happened.
    if ! [ "$(sha256sum <"$new/script")" = "$sum  -" ]; then
      say torn
      exit 74
    fi
    mv -T "$new" "$run" 2>/dev/null
  fi
  # Two connections may bring the same run: one of them starts it.
  if mkdir "$run/started" 2>/dev/null; then
    if [ -d /run/systemd/system ]; then
      systemd-run --quiet --collect --unit="agentworks-run-$id" -p Type=exec -p KillMode=control-group -p OOMPolicy=continue \
        -p IgnoreSIGPIPE=no -p StandardInput="file:$run/secrets" -p StandardOutput=null -p StandardError=null \
        bash "$run/script" "$run" "$wait" </dev/null
    else
      setsid bash "$run/script" "$run" "$wait" <"$run/secrets" >/dev/null 2>&1 &
    fi
  fi
  tries=0
  until [ -s "$run/pid" ] || [ "$tries" -ge 500 ]; do
    sleep 0.02
    tries=$((tries + 1))
  done
  rm -f "$run/secrets"
  if ! [ -s "$run/pid" ]; then
    : >"$run/cancel"
    say nostart 'the run did not begin within 10 s'
    exit 0
  fi
  pid=$(cat "$run/pid")
  [ -e "$run/ended" ] && pid=2147483646
  log=/var/lib/agentworks/runs/$id.log
  tail -c +$((seen_events + 1)) -s 0.03 --pid="$pid" -f "$run/events" 2>/dev/null &
  events=$!
  { tail -c +$((seen_log + 1)) -s 0.03 --pid="$pid" -f "$log" 2>/dev/null | sed -u 's/^/|/' >&2; } &
  output=$!
  # A cancelled run ends after the step it is in. The end of stdin is the end of the connection: nobody follows any more.
  {
    while read -r word; do
      [ "$word" = cancel ] && : >"$run/cancel"
    done
    kill "$events" "$output" "$$" 2>/dev/null
  } <&0 &
  reader=$!
  wait "$events" "$output"
  kill "$reader" 2>/dev/null
  say bye
  exit 0
}
