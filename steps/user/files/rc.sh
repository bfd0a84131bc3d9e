# Written by agentworks: your changes here do not stay. Read by every interactive shell.
if command -v mise >/dev/null; then
  if [ -n "${ZSH_VERSION:-}" ]; then
    eval "$(mise activate zsh)"
  elif [ -n "${BASH_VERSION:-}" ]; then
    eval "$(mise activate bash)"
  fi
fi
