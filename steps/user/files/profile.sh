# Written by agentworks: your changes here do not stay. Read by every login shell.
for directory in "$HOME/.local/share/mise/shims" "$HOME/.local/bin"; do
  case ":$PATH:" in
    *":$directory:"*) ;;
    *) PATH=$directory:$PATH ;;
  esac
done
unset directory
export PATH
