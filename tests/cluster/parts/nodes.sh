# A node is a process tree in its own namespaces (mount, network, PID, UTS, IPC), which ends with its first process. Sourced.

# Writes the configuration for node-init.sh.
write_node() {
  local node=$1 folder=$RUN/n$1
  mkdir -p "$folder/cni" "$STATE/n$node"
  cat >"$folder/cni/10-bridge.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "$PODS.$node.0/24"}], [{"subnet": "$PODS6:$node::/80"}]], "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}, "snat": true}]}
JSON
  # Without restrict_oom_score_adj and CAP_SYS_RESOURCE, runc fails with "can't get final child's PID".
  cat >"$folder/containerd.toml" <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$folder/cni"
TOML
  # With the default syncFrequency of one minute, Pods get a changed Secret up to 1.5 minutes later.
  cat >"$folder/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
featureGates: {IPv6DualStack: true}
cgroupDriver: cgroupfs
cgroupRoot: /meet-n$node
failSwapOn: false
clusterDNS: ["$HOST"]
clusterDomain: cluster.local
resolvConf: /dev/null
authentication: {anonymous: {enabled: false}, x509: {clientCAFile: "$RUN/ca.crt"}, webhook: {enabled: true}}
authorization: {mode: Webhook}
tlsCertFile: "$RUN/kubelet$node.crt"
tlsPrivateKeyFile: "$RUN/kubelet$node.key"
volumePluginDir: /var/lib/kubelet/volume-plugins
nodeStatusUpdateFrequency: 4s
syncFrequency: 10s
evictionHard: {memory.available: "100Mi", nodefs.available: "1%", imagefs.available: "1%"}
imageGCHighThresholdPercent: 100
maxPods: 200
YAML
  # A network namespace cannot change the conntrack limits of the machine.
  cat >"$folder/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
featureGates: {IPv6DualStack: true}
mode: iptables
clusterCIDR: $PODS.0.0/16,$PODS6::/64
hostnameOverride: n$node
clientConnection: {kubeconfig: "$RUN/proxy.kubeconfig"}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
YAML
}

# node_cgroups NUMBER: prints the cgroup of the node in each hierarchy (v1), or the only one (v2).
node_cgroups() {
  if [[ -f /sys/fs/cgroup/cgroup.controllers ]]; then
    echo "/sys/fs/cgroup/meet-n$1"
  else
    for hierarchy in /sys/fs/cgroup/*/; do [[ -L ${hierarchy%/} ]] || echo "${hierarchy}meet-n$1"; done
  fi
}

# Without cgroup weights, a whole node gets the same CPU share as one browser. The weight is moderate, because browsers need CPU time too.
make_cgroups() {
  local folder file
  for folder in $(node_cgroups "$1"); do
    mkdir -p "$folder"
    [[ ! -f $folder/cpu.shares ]] || echo 4096 >"$folder/cpu.shares"
    [[ ! -f $folder/cpu.weight ]] || echo 400 >"$folder/cpu.weight"
  done
  for file in cpuset.cpus cpuset.mems; do
    [[ ! -f /sys/fs/cgroup/cpuset/$file ]] || cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset/meet-n$1/$file"
  done
}

remove_cgroups() {
  local folder
  for folder in $(node_cgroups "$1"); do
    [[ ! -d $folder ]] || find "$folder" -depth -type d -exec rmdir {} +
  done
}

start_node() {
  write_node "$1"
  make_cgroups "$1"
  spawn "node$1" unshare --mount --net --pid --uts --ipc --fork --kill-child --mount-proc bash "$CLUSTER/parts/node-init.sh" "$1"
}

containerd_socket() { echo "$STATE/n$1/run/containerd/containerd.sock"; }
