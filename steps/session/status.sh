{
  # How each session of a machine is: asked for `session list` and `describe`. The names come on the next line of stdin. A session
  # can lie about itself and about nothing else, and only numbers of what it says get through (steps/session/status.ts).
  PATH=/usr/sbin:/usr/bin:/sbin:/bin
  LC_ALL=C
  read -r -a sessions
  declare -A load state user group memory cpu

  # tell SESSION STATUS [CODE [IDLE]]
  tell() {
    printf '@session\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "${3:--}" "${4:--}" "${memory[$1]}" "${cpu[$1]}"
  }

  ask() {
    /etc/agentworks/bin/session-ask "${user[$1]}" "${group[$1]}" "${@:2}" 2>/dev/null | tr -d '\0'
  }

  # The unit's state, then how its command ended, then a tmux that answers.
  look_at() {
    local name=$1 run=/run/agentworks/sessions/$1 tries=0 code answer
    if [[ ${load[$name]} != loaded ]]; then
      tell "$name" unknown
    elif [[ ${state[$name]} != active && ${state[$name]} != activating ]]; then
      tell "$name" stopped
    else
      while [[ $tries -lt 2 ]]; do
        code=$(ask "$name" 1 4 head -c 4 "$run/exit")
        if [[ $code =~ ^[0-9]{1,3}$ ]]; then
          tell "$name" exited "$((10#$code))"
          return
        fi
        answer=$(ask "$name" 2 256 tmux -N -S "$run/tmux" display-message -p -t "=$name:" 'agw #{pane_dead} #{window_activity}')
        # Its command may have ended between the two questions.
        [[ $answer =~ ^agw\ 1\  ]] || break
        tries=$((tries + 1))
      done
      if [[ $answer =~ ^agw\ 0\ ([0-9]{1,12})$ ]]; then
        tell "$name" running '' "$((EPOCHSECONDS > BASH_REMATCH[1] ? EPOCHSECONDS - BASH_REMATCH[1] : 0))"
      elif [[ $answer =~ ^agw\ 1\  ]]; then
        tell "$name" unknown
      else
        tell "$name" unreachable
      fi
    fi
  }

  units=("${sessions[@]/#/agentworks-session-}")
  declare -A unit=()
  while IFS='=' read -r key value; do
    unit[${key:-end}]=$value
    [[ -z $key ]] || continue
    # A blank line ends a unit.
    name=${unit[Id]#agentworks-session-}
    name=${name%.service}
    load[$name]=${unit[LoadState]}
    state[$name]=${unit[ActiveState]}
    user[$name]=${unit[User]}
    group[$name]=${unit[ControlGroup]}
    [[ ! ${unit[MemoryCurrent]} =~ ^[0-9]{1,15}$ ]] || memory[$name]=${unit[MemoryCurrent]}
    [[ ! ${unit[CPUUsageNSec]} =~ ^[0-9]{1,18}$ ]] || cpu[$name]=$((unit[CPUUsageNSec] / 1000000))
    unit=()
  done < <(
    systemctl show --property Id,LoadState,ActiveState,User,ControlGroup,MemoryCurrent,CPUUsageNSec "${units[@]/%/.service}"
    echo
  )

  for name in "${sessions[@]}"; do
    while [[ $(jobs -r -p | wc -l) -ge 64 ]]; do wait -n; done
    memory[$name]=${memory[$name]:--}
    cpu[$name]=${cpu[$name]:--}
    look_at "$name" </dev/null &
  done
  wait
  printf '@sessions\tend\n'
  exit 0
}
