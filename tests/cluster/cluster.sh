#!/usr/bin/env bash
# cluster.sh up | down | load IMAGE.tar… | status | start NAME | stop NAME | pause NAME | resume NAME | node NUMBER COMMAND…
#   A two-node Kubernetes on one bare machine, as root, without Docker. Control plane in the root namespace; each node in namespaces of its own.
#   start, stop, pause and resume: etcd, apiserver, controller-manager, scheduler. node: a command in the node's namespaces (ctr, ip, iptables …).
set -euo pipefail
PARTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/parts
for part in settings processes certificates network control-plane pause-image nodes dns down; do source "$PARTS/$part.sh"; done

all_ready() {
  local node name
  for name in etcd apiserver controller-manager scheduler dns dns-feed "${NODES[@]/#/node}"; do pid_of "$name" >/dev/null || return 1; done
  api_ready >/dev/null || return 1
  for node in "${NODES[@]}"; do node_ready "$node" >/dev/null || return 1; done
}

# Everything starts at once; what needs another thing waits for it.
up() {
  local node
  [[ -x $MEET_KUBERNETES/bin/kubelet ]] || die "Kubernetes is not built: $CLUSTER/build.sh"
  # After a restart of the machine there is a disk without a cluster.
  if [[ -d $RUN || -d $STATE ]]; then
    if all_ready; then return; fi
    say "the cluster is broken: taking it down first"
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

# One up or down at a time.
alone() {
  mkdir -p "$MEET_KUBERNETES"
  exec 9>"$MEET_KUBERNETES/lock"
  flock 9
  "$@"
}

verb=${1:-}
shift || true
case $verb in
  up) alone up ;;
  down) alone down ;;
  load) load "$@" ;;
  status) all_ready || die "the cluster is not up" ;;
  start) "start_${1//-/_}" ;;
  stop) halt TERM "$1" ;;
  pause) kill -STOP "$(pid_of "$1")" ;;
  resume) kill -CONT "$(pid_of "$1")" ;;
  node) nsenter --target "$(pid_of "node$1")" --all -- "${@:2}" ;;
  *) sed -n '2,4p' "$0" >&2; exit 2 ;;
esac
