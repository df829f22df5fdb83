# The end of all that `up` made. Sourced.

# Also what an `up` that was broken off left.
down() {
  local node
  [[ -d $RUN || -d $STATE ]] || return 0
  halt KILL "${NODES[@]/#/node}"
  halt TERM dns-feed dns scheduler controller-manager apiserver etcd
  unlink_all
  for node in "${NODES[@]}"; do until_true 10 "the end of node $node" remove_cgroups "$node"; done
  rm -rf "$RUN" "$STATE"
}
