# A bridge in the root namespace, a veth pair per node, and routes. Sourced.

bridge() {
  sysctl -n net.ipv4.ip_forward >"$RUN/ip_forward"
  sysctl -qw net.ipv4.ip_forward=1
  ip link add "$BRIDGE" type bridge
  ip addr add "$HOST/24" dev "$BRIDGE"
  ip link set "$BRIDGE" up
}

has_own_network() {
  local pid
  pid=$(pid_of "node$1") && [[ $(readlink "/proc/$pid/ns/net") != "$(readlink /proc/self/ns/net)" ]]
}

# link_node NUMBER: configures the address of the node and the routes to the Pods of the other nodes.
link_node() {
  local node=$1 pid other
  until_true 30 "the namespaces of node n$node" has_own_network "$node"
  pid=$(pid_of "node$node")
  ip link add "meetv$node" type veth peer name eth0 netns "$pid"
  ip link set "meetv$node" master "$BRIDGE" up
  nsenter --target "$pid" --net -- ip -batch - <<IP
link set lo up
address add 10.250.0.1$node/24 dev eth0
link set eth0 up
route add default via $HOST
$(for other in "${NODES[@]}"; do [[ $other == "$node" ]] || echo "route add $PODS.$other.0/24 via 10.250.0.1$other"; done)
IP
  nsenter --target "$pid" --net -- sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1
  ip route replace "$PODS.$node.0/24" via "10.250.0.1$node"
  # The root namespace reaches Services through the kube-proxy of the first node.
  [[ $node != "${NODES[0]}" ]] || ip route replace "$SERVICES" via "10.250.0.1$node"
}

# Removes links and routes: the routes of a bridge are deleted with the bridge.
unlink_all() {
  local node
  for node in "${NODES[@]}"; do ip link delete "meetv$node" 2>/dev/null || true; done
  ip link delete "$BRIDGE" 2>/dev/null || true
  [[ ! -f $RUN/ip_forward ]] || sysctl -qw net.ipv4.ip_forward="$(<"$RUN/ip_forward")"
}
