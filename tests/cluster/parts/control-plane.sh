# etcd, API server, controllers and scheduler, in the root namespaces. Sourced.

start_etcd() {
  spawn etcd etcd --data-dir "$STATE/etcd" --unsafe-no-fsync --initial-cluster default=http://127.0.0.1:12380 \
    --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 \
    --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380
}

# The audit log of service accounts, for the tests of the roles.
write_audit_policy() {
  cat >"$RUN/audit-policy.yaml" <<YAML
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: None, userGroups: ["system:serviceaccounts:kube-system"]}
- {level: Metadata, userGroups: ["system:serviceaccounts"]}
- {level: None}
YAML
}

start_apiserver() {
  write_audit_policy
  local limits=(--max-requests-inflight=1000 --max-mutating-requests-inflight=500)
  local accounts=(--service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$RUN/service-accounts.pub"
    --service-account-signing-key-file="$RUN/service-accounts.key")
  local kubelets=(--kubelet-client-certificate="$RUN/apiserver-kubelet.crt" --kubelet-client-key="$RUN/apiserver-kubelet.key"
    --kubelet-preferred-address-types=InternalIP)
  local audit=(--audit-policy-file="$RUN/audit-policy.yaml" --audit-log-path="$RUN/audit.log" --audit-log-maxsize=50 --audit-log-maxbackup=1)
  # With aggregator routing, the API server calls webhooks at the addresses of Pods, because no kube-proxy runs in the root namespace.
  # Both families are an alpha feature of 1.20.
  spawn apiserver "$MEET_KUBERNETES/bin/kube-apiserver" --etcd-servers=http://127.0.0.1:12379 --bind-address="$HOST" --advertise-address="$HOST" --secure-port=6443 \
    --feature-gates=IPv6DualStack=true --service-cluster-ip-range="$SERVICES,$SERVICES6" --client-ca-file="$RUN/ca.crt" --tls-cert-file="$RUN/apiserver.crt" --tls-private-key-file="$RUN/apiserver.key" \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement,PodSecurityPolicy --allow-privileged=true --enable-aggregator-routing=true \
    "${accounts[@]}" "${kubelets[@]}" "${limits[@]}" "${audit[@]}"
}

# A node that does not respond is detected within 16 s, and its Pods are evicted 5 s later.
start_controller_manager() {
  spawn controller-manager "$MEET_KUBERNETES/bin/kube-controller-manager" --kubeconfig="$RUN/controller-manager.kubeconfig" --leader-elect=false \
    --feature-gates=IPv6DualStack=true --bind-address=127.0.0.1 --port=0 --secure-port=10257 --root-ca-file="$RUN/ca.crt" \
    --service-account-private-key-file="$RUN/service-accounts.key" --use-service-account-credentials \
    --flex-volume-plugin-dir="$RUN/volume-plugins" --node-monitor-period=1s --node-monitor-grace-period=16s --pod-eviction-timeout=5s
}

start_scheduler() {
  spawn scheduler "$MEET_KUBERNETES/bin/kube-scheduler" --kubeconfig="$RUN/scheduler.kubeconfig" --leader-elect=false \
    --feature-gates=IPv6DualStack=true --bind-address=127.0.0.1 --port=0 --secure-port=10259
}

api_ready() { api /readyz; }

# Without a policy, no Pod is admitted. This one admits every Pod, until pod-security.test.mjs replaces its binding.
pod_security_policies() { kubectl --kubeconfig "$RUN/admin.kubeconfig" apply -f "$CLUSTER/manifests/pod-security.yaml" >/dev/null; }

# Creates the Node objects with their Pod ranges before the kubelets start, so that a kubelet registers immediately.
# Without a capacity, kubelet 1.20 crashes when it writes huge pages into a missing map.
register_nodes() {
  local node
  for node in "${NODES[@]}"; do
    api /api/v1/nodes -o /dev/null -H 'content-type: application/json' --data @- <<JSON
{"apiVersion": "v1", "kind": "Node",
 "metadata": {"name": "n$node", "labels": {"kubernetes.io/hostname": "n$node", "topology.kubernetes.io/zone": "zone-$node"}},
 "spec": {"podCIDR": "$PODS.$node.0/24", "podCIDRs": ["$PODS.$node.0/24", "$PODS6:$node::/80"]},
 "status": {"capacity": {"pods": "0"}, "allocatable": {"pods": "0"}}}
JSON
  done
}

# node_ready NUMBER [SINCE]: with SINCE, only if the node has said so itself after that time.
node_ready() { api "/api/v1/nodes/n$1" | jq -e --arg since "${2:-}" '[.status.conditions[]? | select(.type == "Ready" and .status == "True" and .lastHeartbeatTime > $since)] | length == 1'; }
