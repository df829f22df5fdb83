#!/usr/bin/env bash
# cluster.sh up | down | load IMAGE.tar… | status | start NAME | stop NAME | pause NAME | resume NAME | lose NUMBER | return NUMBER | unplug NUMBER | plug NUMBER | node NUMBER COMMAND…
#   A Kubernetes with two nodes on one machine, as root, without Docker. The control plane runs in the root namespaces, each node in its own namespaces.
#   start, stop (with SIGKILL), pause and resume: etcd, apiserver, controller-manager, scheduler. node: runs a command in the namespaces of a node (ctr, ip, iptables …).
#   lose: ends a node with everything that runs on it, as if its power failed. return: starts it again. unplug and plug: its network.
set -euo pipefail
PARTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/parts
for part in settings processes certificates network control-plane pause-image nodes dns down; do source "$PARTS/$part.sh"; done

all_ready() {
  local node name
  for name in etcd apiserver controller-manager scheduler dns dns-feed "${NODES[@]/#/node}"; do pid_of "$name" >/dev/null || return 1; done
  api_ready >/dev/null || return 1
  for node in "${NODES[@]}"; do node_ready "$node" >/dev/null || return 1; done
}

# All processes start in parallel, and wait for those that they depend on.
up() {
  local node
  [[ -x $MEET_KUBERNETES/bin/kubelet ]] || die "Kubernetes is not built; run $CLUSTER/build.sh"
  # After a restart of the machine, the folders exist without a running cluster.
  if [[ -d $RUN || -d $STATE ]]; then
    if all_ready; then return; fi
    say "the cluster is broken; taking it down first"
    down
  fi
  mkdir -p "$RUN/log" "$STATE"
  start_etcd
  [[ -f $MEET_KUBERNETES/pause.tar ]] || pause_image "$MEET_KUBERNETES/pause.tar"
  for node in "${NODES[@]}"; do start_node "$node"; done
  bridge
  certificates
  start_apiserver
  for node in "${NODES[@]}"; do link_node "$node"; done
  until_true 60 "the API server" api_ready
  pod_security_policies
  register_nodes
  start_controller_manager
  start_scheduler
  start_dns
  for node in "${NODES[@]}"; do until_true 60 "node n$node" node_ready "$node"; done
  until_true 60 "the service account of pods" api /api/v1/namespaces/default/serviceaccounts/default
}

load() {
  local image node running=() code=0
  for node in "${NODES[@]}"; do
    for image in "$@"; do ctr --address "$(containerd_socket "$node")" -n k8s.io image import "$image" >/dev/null; done &
    running+=($!)
  done
  for node in "${running[@]}"; do wait "$node" || code=$?; done
  return "$code"
}

lose() { stop_processes KILL "node$1"; }

# Starts a node that was lost.

return_node() {
  local since
  ! pid_of "node$1" >/dev/null || return 0
  since=$(date -u +%FT%TZ)
  until_true 10 "the end of node $1" remove_cgroups "$1"
  ip link delete "meetv$1" 2>/dev/null || true
  start_node "$1"
  link_node "$1"
  until_true 120 "node n$1" node_ready "$1" "$since"
}

# Runs one up or down at a time.
exclusively() {
  mkdir -p "$MEET_KUBERNETES"
  exec 9>"$MEET_KUBERNETES/lock"
  flock 9
  "$@"
}

verb=${1:-}
shift || true
case $verb in
  up) exclusively up ;;
  down) exclusively down ;;
  load) load "$@" ;;
  status) all_ready || die "the cluster is not up" ;;
  start) "start_${1//-/_}" ;;
  stop) stop_processes KILL "$1" ;;
  pause) kill -STOP "$(pid_of "$1")" ;;
  resume) kill -CONT "$(pid_of "$1")" ;;
  lose) lose "$1" ;;
  return) return_node "$1" ;;
  unplug) ip link set "meetv$1" down ;;
  plug) ip link set "meetv$1" up ;;
  node) nsenter --target "$(pid_of "node$1")" --all -- "${@:2}" ;;
  *) sed -n '2,5p' "$0" >&2; exit 2 ;;
esac
