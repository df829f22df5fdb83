#!/usr/bin/env bash
# api-server.sh FOLDER: runs etcd, the API server and the namespace and garbage collection controllers of Kubernetes 1.20 on loopback. Writes FOLDER/kubeconfig and
# FOLDER/etcd.url, prints "ready", and ends all processes when its standard input is closed.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"
FOLDER=$1
# Below the ephemeral range: an outgoing connection could otherwise take one of these ports.
PORT=16443 ETCD=13379 PEERS=13380 CONTROLLERS=16257
PIDS=()
trap end EXIT
# In reverse order, because an API server without etcd takes a minute to exit.
end() {
  local i
  for ((i = ${#PIDS[@]} - 1; i >= 0; i--)); do
    kill "${PIDS[i]}" 2>/dev/null || true
    wait "${PIDS[i]}" || true
  done
}

cd "$FOLDER"
openssl req -x509 -newkey rsa:2048 -nodes -keyout accounts.key -out accounts.crt -subj /CN=accounts -days 2 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -days 2 2>/dev/null
token=$(openssl rand -hex 16)
echo "$token,bench,bench,\"system:masters\"" >tokens.csv
cat >kubeconfig <<YAML
apiVersion: v1
kind: Config
clusters: [{name: bench, cluster: {server: "https://127.0.0.1:$PORT", certificate-authority: $FOLDER/tls.crt}}]
users: [{name: bench, user: {token: $token}}]
contexts: [{name: bench, context: {cluster: bench, user: bench}}]
current-context: bench
YAML

echo "http://127.0.0.1:$ETCD" >etcd.url
etcd --data-dir etcd --unsafe-no-fsync --initial-cluster default=http://127.0.0.1:$PEERS --initial-advertise-peer-urls http://127.0.0.1:$PEERS \
  --listen-peer-urls http://127.0.0.1:$PEERS --listen-client-urls http://127.0.0.1:$ETCD --advertise-client-urls http://127.0.0.1:$ETCD >etcd.log 2>&1 </dev/null &
PIDS+=($!)
"$MEET_KUBERNETES/bin/kube-apiserver" --etcd-servers=http://127.0.0.1:$ETCD --bind-address=127.0.0.1 --advertise-address=127.0.0.1 --secure-port=$PORT \
  --tls-cert-file=tls.crt --tls-private-key-file=tls.key --token-auth-file=tokens.csv --authorization-mode=RBAC --service-cluster-ip-range=10.77.0.0/16 \
  --service-account-issuer=https://bench --service-account-key-file=accounts.crt --service-account-signing-key-file=accounts.key \
  --disable-admission-plugins=ServiceAccount >api.log 2>&1 </dev/null &
PIDS+=($!)
for _ in $(seq 240); do
  kubectl --kubeconfig kubeconfig get --raw /readyz >/dev/null 2>&1 && break
  sleep 0.5
done
kubectl --kubeconfig kubeconfig get --raw /readyz >/dev/null || { tail -n 5 etcd.log api.log >&2; exit 1; }
"$MEET_KUBERNETES/bin/kube-controller-manager" --kubeconfig=kubeconfig --controllers=namespace,garbagecollector --leader-elect=false \
  --port=0 --secure-port=$CONTROLLERS >controllers.log 2>&1 </dev/null &
PIDS+=($!)
echo ready
cat >/dev/null
