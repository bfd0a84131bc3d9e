# The repository in the workspace, cloned as the workspace's own user. An interrupted clone is continued by the next.
# needs: REPO BRANCH DIRECTORY
check() {
  [[ -e $DIRECTORY/.git && ! -e $DIRECTORY/.git/agentworks-cloning ]]
}
apply() {
  local new=$DIRECTORY/.agentworks-clone
  local -a branch=()
  [[ -z $BRANCH ]] || branch=("--branch=$BRANCH")
  export GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL=file:git:http:https:ssh
  export GIT_SSH_COMMAND='ssh -o BatchMode=yes -o StrictHostKeyChecking=accept-new'
  rm -rf -- "$new"
  if [[ ! -e $DIRECTORY/.git ]]; then
    if [[ -n $(ls -A -- "$DIRECTORY") ]]; then
      echo "$DIRECTORY is not empty"
      return 1
    fi
    git clone --no-checkout --config core.sharedRepository=group "${branch[@]}" -- "$REPO" "$new"
    touch -- "$new/.git/agentworks-cloning"
    mv -T -- "$new/.git" "$DIRECTORY/.git"
    rmdir -- "$new"
  fi
  # A repository without a commit has nothing to check out.
  if git -C "$DIRECTORY" rev-parse --quiet --verify HEAD >/dev/null; then git -C "$DIRECTORY" reset --quiet --hard; fi
  rm -- "$DIRECTORY/.git/agentworks-cloning"
}
