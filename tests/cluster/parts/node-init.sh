#!/usr/bin/env bash
# node-init.sh NUMBER: the first process of a node, in the namespaces of the node. Its processes and mounts end with it.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/settings.sh"
node=$1
own=$STATE/n$node

# Mounts private /var/lib, /var/log and /run folders; of the folders of the machine, only $RUN is visible. With an mtab, mount would leave a folder in the /run of the machine.
private_folders() {
  mkdir -p "$own/lib/kubelet/volume-plugins" "$own/log" "$own/run/meet-cluster"
  mount --no-mtab --bind "$RUN" "$own/run/meet-cluster"
  mount --no-mtab --rbind "$own/run" /run
  mount --no-mtab --bind "$own/log" /var/log
  mount --no-mtab --bind "$own/lib" /var/lib
  mount --no-mtab --make-rshared /
}

own_api() {
  curl -fsS --max-time 2 -o /dev/null --cacert "$RUN/ca.crt" --cert "$RUN/n$node.crt" --key "$RUN/n$node.key" "$API/api/v1/nodes/n$node"
}

hostname "n$node"
private_folders
containerd --config "$RUN/n$node/containerd.toml" >"$RUN/log/containerd$node" 2>&1 &
until_true 60 "containerd of node $node" ctr version
ctr -n k8s.io image import "$MEET_KUBERNETES/pause.tar" >/dev/null
until_true 120 "the API server (node $node)" own_api
"$MEET_KUBERNETES/bin/kube-proxy" --config="$RUN/n$node/proxy.yaml" >"$RUN/log/proxy$node" 2>&1 &
"$MEET_KUBERNETES/bin/kubelet" --config="$RUN/n$node/kubelet.yaml" --kubeconfig="$RUN/n$node.kubeconfig" --hostname-override="n$node" --node-ip="10.250.0.1$node,${HOST6}$node" \
  --container-runtime=remote --container-runtime-endpoint=unix:///run/containerd/containerd.sock >"$RUN/log/kubelet$node" 2>&1 &
wait
