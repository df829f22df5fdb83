# Removes everything that `up` created. Sourced.

# Also works after an interrupted `up`.
down() {
  local node
  [[ -d $RUN || -d $STATE ]] || return 0
  # After SIGTERM, the API server would wait for open watches.
  stop_processes KILL "${NODES[@]/#/node}" apiserver
  stop_processes TERM dns-feed dns scheduler controller-manager etcd
  unlink_all
  for node in "${NODES[@]}"; do until_true 10 "the end of node $node" remove_cgroups "$node"; done
  rm -rf "$RUN" "$STATE"
}
