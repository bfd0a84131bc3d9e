# The packages that came with us go, but those that something else has come to need.
# needs:
check() {
  [[ -z $(packages_of_ours) ]]
}
apply() {
  local -a packages
  mapfile -t packages < <(packages_of_ours)
  finish_dpkg
  # dpkg, unlike apt, leaves alone what another package depends on, and takes nothing else away.
  dpkg --purge "${packages[@]}" || true
  mapfile -t packages < <(packages_of_ours)
  if [[ ${#packages[@]} -gt 0 ]]; then
    printf 'still needed by other packages, and left: %s\n' "${packages[*]}"
    # What dpkg was asked for in vain it would remember.
    printf '%s install\n' "${packages[@]}" | dpkg --set-selections
  fi
  rm -f /var/lib/agentworks/adopted/installed
}
packages_of_ours() {
  local list=/var/lib/agentworks/adopted/installed
  [[ ! -s $list ]] || dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' | sed -n 's/^.[^nc]. *//p' | sort -u | comm -12 - <(sort -u "$list")
}
