# A bridge in the root namespace, a veth pair per node, and routes, for IPv4 and IPv6. Sourced.

# Only nodes forward IPv6: with forwarding, the machine would ignore router advertisements and could lose its own default route.
bridge() {
  sysctl -n net.ipv4.ip_forward >"$RUN/ip_forward"
  sysctl -qw net.ipv4.ip_forward=1
  ip link add "$BRIDGE" type bridge
  ip addr add "$HOST/24" dev "$BRIDGE"
  ip addr add "$HOST6/64" dev "$BRIDGE" nodad
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
address add ${HOST6}$node/64 dev eth0 nodad
link set eth0 up
route add default via $HOST
route add default via $HOST6
$(for other in "${NODES[@]}"; do [[ $other == "$node" ]] || printf 'route add %s via %s\n' "$PODS.$other.0/24" "10.250.0.1$other" "$PODS6:$other::/80" "${HOST6}$other"; done)
IP
  nsenter --target "$pid" --net -- sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1 net.ipv6.conf.all.forwarding=1
  ip route replace "$PODS.$node.0/24" via "10.250.0.1$node"
  ip route replace "$PODS6:$node::/80" via "${HOST6}$node"
  # The root namespace reaches Services through the kube-proxy of the first node.
  if [[ $node == "${NODES[0]}" ]]; then
    ip route replace "$SERVICES" via "10.250.0.1$node"
    ip route replace "$SERVICES6" via "${HOST6}$node"
  fi
}

# Removes links and routes: the routes of a bridge are deleted with the bridge.
unlink_all() {
  local node
  for node in "${NODES[@]}"; do ip link delete "meetv$node" 2>/dev/null || true; done
  ip link delete "$BRIDGE" 2>/dev/null || true
  [[ ! -f $RUN/ip_forward ]] || sysctl -qw net.ipv4.ip_forward="$(<"$RUN/ip_forward")"
}
