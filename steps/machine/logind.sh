# logind leaves shared memory alone: it would delete an agent's /dev/shm ten seconds after the operator detaches.
# needs: CONTENT
check() {
  is_file /etc/systemd/logind.conf.d/agentworks.conf 644 root "$CONTENT" && [[ $(remove_ipc) == 'b false' ]]
}
apply() {
  install -d -m 755 /etc/systemd/logind.conf.d
  put_file /etc/systemd/logind.conf.d/agentworks.conf 644 root "$CONTENT"
  systemctl kill -s HUP systemd-logind.service
  local tries=0
  until [[ $(remove_ipc) == 'b false' || $tries -ge 50 ]]; do
    sleep 0.05
    tries=$((tries + 1))
  done
}
remove_ipc() {
  busctl get-property org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager RemoveIPC
}
