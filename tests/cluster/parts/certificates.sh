# The CA, and a certificate and a kubeconfig for each client of the API server. Sourced.

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:prime256v1 -out "$1" 2>/dev/null; }

# certificate NAME SUBJECT [SUBJECT-ALT-NAMES]
certificate() {
  new_key "$RUN/$1.key"
  openssl req -new -key "$RUN/$1.key" -subj "$2" -out "$RUN/$1.csr"
  openssl x509 -req -in "$RUN/$1.csr" -CA "$RUN/ca.crt" -CAkey "$RUN/ca.key" -set_serial "0x$(openssl rand -hex 8)" -days 365 -out "$RUN/$1.crt" \
    -extfile <(echo "subjectAltName=${3:-DNS:$1}") 2>/dev/null
  rm "$RUN/$1.csr"
}

# client NAME SUBJECT: creates a certificate and a kubeconfig that uses it.
client() {
  certificate "$1" "$2"
  cat >"$RUN/$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: meet, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 "$RUN/ca.crt")}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "$RUN/$1.crt"), client-key-data: $(base64 -w0 "$RUN/$1.key")}}]
contexts: [{name: meet, context: {cluster: meet, user: $1}}]
current-context: meet
YAML
}

certificates() {
  local node
  umask 077
  new_key "$RUN/ca.key"
  openssl req -x509 -new -key "$RUN/ca.key" -days 365 -subj /CN=meet-cluster -out "$RUN/ca.crt"
  new_key "$RUN/service-accounts.key"
  openssl pkey -in "$RUN/service-accounts.key" -pubout -out "$RUN/service-accounts.pub"
  certificate apiserver /CN=kube-apiserver \
    "IP:$HOST,IP:127.0.0.1,IP:10.252.0.1,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate apiserver-kubelet /O=system:masters/CN=apiserver-kubelet
  client admin /O=system:masters/CN=admin
  client controller-manager /CN=system:kube-controller-manager
  client scheduler /CN=system:kube-scheduler
  client proxy /CN=system:kube-proxy
  for node in "${NODES[@]}"; do
    client "n$node" "/O=system:nodes/CN=system:node:n$node"
    certificate "kubelet$node" "/CN=n$node" "DNS:n$node,IP:10.250.0.1$node"
  done
  umask 022
}

# api PATH [CURL-ARGUMENTS…]: sends a request as the administrator of the cluster; starts faster than kubectl.
api() {
  local path=$1
  shift
  curl -fsS --max-time 5 --cacert "$RUN/ca.crt" --cert "$RUN/admin.crt" --key "$RUN/admin.key" "$@" "$API$path"
}
