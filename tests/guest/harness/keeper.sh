#!/usr/bin/env bash
# The process that a guest hangs on. It runs in a mount namespace of its own and puts itself in a cgroup of its
# own, and everything of the guest is inside those two: the overlay, the network namespace, the user-mode network,
# the machine. So killing the cgroup is all it takes to be rid of a guest, whatever state it is in.
#
#   keeper.sh keep NAME DIR LAYERS PORT    make the guest, and start it again whenever it reboots
#   keeper.sh reap NAME                    kill everything in the guest's cgroup, and remove it
set -euo pipefail
shopt -s inherit_errexit

readonly NAME=$2
readonly CGROUP=/sys/fs/cgroup/agentworks-test/$NAME
# What nspawn returns when the guest asked for a reboot.
readonly REBOOT=133

# Without its owner a guest dies, and only files are left for "guest.sh sweep".
watch_owner() {
  local owner
  read -r owner _ <"$1/owner"
  tail --pid="$owner" --sleep-interval=1 --follow /dev/null
  echo 1 >"$CGROUP/cgroup.kill"
}

# The plain cgroup2 tree, whatever the host keeps there: nspawn looks at this path to decide what to give the guest.
mount_cgroups() { mount -t cgroup2 cgroup2 /sys/fs/cgroup; }

enter_cgroup() {
  local dir=$1 tree controller
  mkdir -p "${CGROUP%/*}"
  mkdir "$CGROUP" || {
    touch "$dir/taken"
    exit 1
  }
  mkdir "$CGROUP/keeper" "$CGROUP/machine"
  echo "$$" >"$CGROUP/keeper/cgroup.procs"
  # Limits for the guest's units, where the host has the controllers to spare.
  for tree in /sys/fs/cgroup "${CGROUP%/*}" "$CGROUP"; do
    for controller in cpu memory pids io; do
      (echo "+$controller" >"$tree/cgroup.subtree_control") 2>/dev/null || true
    done
  done
}

mount_root() {
  local dir=$1 layers=$2
  mkdir -p "$dir"/{upper,work,root}
  # volatile: never fsync, which apt and sqlite in the guest would pay for.
  mount -t overlay overlay -o "lowerdir=$layers,upperdir=$dir/upper,workdir=$dir/work,volatile" "$dir/root"
}

# What makes this machine another one than the next.
furnish() {
  local dir=$1 port=$2 root=$1/root
  echo "$NAME" >"$root/etc/hostname"
  printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$NAME" >"$root/etc/hosts"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  echo "Port $port" >"$root/etc/ssh/sshd_config.d/guest-port.conf"
  ssh-keygen -q -t ed25519 -N '' -C "$NAME" -f "$root/etc/ssh/ssh_host_ed25519_key"
  cp "$root/etc/ssh/ssh_host_ed25519_key.pub" "$dir/host_key.pub"
  ssh-keygen -q -t ed25519 -N '' -C agentworks-test -f "$dir/id_ed25519"
  authorize "$dir/id_ed25519.pub" "$root/root" 0:0
  local user
  for user in owner carol plain; do
    authorize "$dir/id_ed25519.pub" "$root/home/$user" "$(stat -c %u:%g "$root/home/$user")"
  done
}

authorize() {
  local key=$1 home=$2 user=${3%:*} group=${3#*:}
  install -d -m 700 -o "$user" -g "$group" "$home/.ssh"
  install -m 600 -o "$user" -g "$group" "$key" "$home/.ssh/authorized_keys"
}

# Two interfaces: host0, on which the host reaches the guest, and eth0, on which the guest reaches everything else
# through a process of ours, because the host's kernel may have no address translation.
connect_network() {
  local dir=$1 number
  mkdir -p /run/netns
  mount -t tmpfs tmpfs /run/netns # so that the namespace has a name only in here, and ends with us
  ip netns add guest
  ip -n guest link set lo up
  number=$(claim_interface)
  ip address add "198.18.$number.1/30" dev "agw-$number"
  ip link set "agw-$number" up
  ip -n guest address add "198.18.$number.2/30" dev host0
  ip -n guest link set host0 up
  slirp4netns --netns-type=path --configure --mtu=1400 --disable-host-loopback /run/netns/guest eth0 &
  echo "agw-$number" >"$dir/interface"
  echo "198.18.$number.2" >"$dir/address"
}

# The kernel refuses a name that exists, so this needs no lock against other guests.
claim_interface() {
  local number
  for number in {1..254}; do
    if ip link add "agw-$number" type veth peer name host0 netns guest 2>/dev/null; then
      echo "$number"
      return
    fi
  done
  echo 'No free network for this guest.' >&2
  return 1
}

# One boot, until the guest halts or reboots.
run_machine() {
  local root=$1
  find "$CGROUP/machine" -mindepth 1 -depth -type d -exec rmdir {} +
  # /proc/sys must take writes, as on a real machine, and /tmp is the image's business.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes SYSTEMD_NSPAWN_TMPFS_TMP=0
  (
    echo "$BASHPID" >"$CGROUP/machine/cgroup.procs"
    exec systemd-nspawn --quiet --boot --register=no --keep-unit --machine="$NAME" --directory="$root" \
      --network-namespace-path=/run/netns/guest --capability=CAP_NET_ADMIN,CAP_SYSLOG --console=read-only \
      --resolv-conf=off --timezone=off --link-journal=no
  )
}

keep() {
  local dir=$1 layers=$2 port=$3 code
  mount_cgroups
  enter_cgroup "$dir"
  watch_owner "$dir" &
  mkfifo "$dir/power"
  echo "$$" >"$dir/keeper"
  mount_root "$dir" "$layers"
  furnish "$dir" "$port"
  connect_network "$dir"
  while true; do
    code=0
    run_machine "$dir/root" || code=$?
    # A guest that was powered off stays so, with its disk and address, until "guest.sh start" writes here.
    ((code == REBOOT)) || read -r _ <"$dir/power"
  done
}

reap() {
  mount_cgroups
  [[ -d $CGROUP ]] || return 0
  echo 1 >"$CGROUP/cgroup.kill"
  while grep -q 'populated 1' "$CGROUP/cgroup.events"; do
    sleep 0.01
  done
  find "$CGROUP" -depth -type d -exec rmdir {} +
}

"$1" "${@:3}"
