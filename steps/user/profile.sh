# What a user's shells read of ours: the PATH at login, and what an interactive shell adds.
# needs: PROFILE RC
check() {
  is_file .agentworks-profile.sh 644 "$USER" "$PROFILE"
  is_file .agentworks-rc.sh 644 "$USER" "$RC"
  reads .profile .agentworks-profile.sh && reads .zprofile .agentworks-profile.sh && reads .bashrc .agentworks-rc.sh && reads .zshrc .agentworks-rc.sh
}
apply() {
  put_file .agentworks-profile.sh 644 "$USER" "$PROFILE"
  put_file .agentworks-rc.sh 644 "$USER" "$RC"
  let_read .profile .agentworks-profile.sh
  let_read .zprofile .agentworks-profile.sh
  let_read .bashrc .agentworks-rc.sh
  let_read .zshrc .agentworks-rc.sh
}
# reads FILE OURS: a line that names ours is enough, so that the user may move it.
reads() {
  grep -qF -- "$2" "$1" 2>/dev/null
}
let_read() {
  # shellcheck disable=SC2016
  reads "$1" "$2" || printf '. "$HOME/%s"\n' "$2" >>"$1"
}
