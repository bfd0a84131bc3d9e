{
  # How a machine is doing, and how its runs ended: asked by `vm describe` and `vm list --live`. The names of the runs in question
  # come on the next line of stdin.
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  LC_ALL=C
  live() { printf '@live\t%s\t%s\n' "$1" "$2"; }
  read -r -a runs
  live boot "$(cat /proc/sys/kernel/random/boot_id)"
  live cpus "$(nproc)"
  live load "$(cut -d ' ' -f 1-3 /proc/loadavg)"
  live uptime "$(cut -d . -f 1 /proc/uptime)"
  live memory "$(awk '/^MemTotal|^MemAvailable/ { printf "%s ", $2 }' /proc/meminfo)"
  live swap "$(awk '/^SwapTotal|^SwapFree/ { printf "%s ", $2 }' /proc/meminfo)"
  live disk "$(df -kP / | awk 'END { print $2, $3 }')"
  for run in "${runs[@]}"; do
    directory=/run/agentworks/runs/$run
    state=lost
    if [ -e "$directory/ended" ] || ! [ -s "$directory/pid" ]; then
      [ -e "$directory/events" ] && state=$(awk -F '\t' '$3 == "end" { print $4 }' "$directory/events")
    elif kill -0 "$(cat "$directory/pid")" 2>/dev/null; then
      state=running
    fi
    live run "$run ${state:-lost}"
  done
  live end ''
  exit 0
}
