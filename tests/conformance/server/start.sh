#!/usr/bin/env bash
# start.sh FOLDER: starts etcd and the apiextensions API server from build.sh on free loopback ports, with all data in FOLDER. Writes FOLDER/kubeconfig
# with administrator access, and the address of etcd to FOLDER/etcd.url. stop.sh FOLDER stops both.
set -euo pipefail
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator/apiextensions}
run=${1:?usage: start.sh FOLDER}
mkdir -p "$run"
run=$(cd "$run" && pwd)
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

free_ports() { # COUNT: prints currently free ports, which are opened at the same time so that they differ
  node -e '
    const net = require("node:net"), servers = Array.from({ length: Number(process.argv[1]) }, () => net.createServer().listen(0, "127.0.0.1"));
    Promise.all(servers.map(s => new Promise(done => s.once("listening", done)))).then(() => {
      console.log(servers.map(s => s.address().port).join(" "));
      servers.forEach(s => s.close());
    });' "$1"
}

certificate() { # NAME SUBJECT ALTERNATIVE-NAME
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$run/$1.key" -subj "$2" -out "$run/$1.csr" 2>/dev/null
  openssl x509 -req -in "$run/$1.csr" -CA "$run/ca.crt" -CAkey "$run/ca.key" -CAcreateserial -days 30 -out "$run/$1.crt" -extfile <(echo "subjectAltName=$3") 2>/dev/null
}

kubeconfig() { # FILE SERVER
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: apiextensions, cluster: {server: "$2", certificate-authority: "$run/ca.crt"}}]
users: [{name: admin, user: {client-certificate: "$run/admin.crt", client-key: "$run/admin.key"}}]
contexts: [{name: apiextensions, context: {cluster: apiextensions, user: admin}}]
current-context: apiextensions
YAML
}

spawn() { # NAME COMMAND…: starts a background process with a log and a PID file
  local name=$1
  shift
  setsid "$@" >"$run/$name.log" 2>&1 </dev/null &
  echo $! >"$run/$name.pid"
}

# Does not use readyz, which waits for informers of a cluster that does not exist here.
ready() { curl -fsS --max-time 2 --cacert "$run/ca.crt" --cert "$run/admin.crt" --key "$run/admin.key" -o /dev/null "https://127.0.0.1:$1/apis/apiextensions.k8s.io/v1/customresourcedefinitions?limit=1" 2>/dev/null; }

start() {
  local client peer secure deadline
  read -r client peer secure < <(free_ports 3)
  rm -rf "$run/etcd"
  spawn etcd "$CACHE/bin/etcd" --data-dir "$run/etcd" --unsafe-no-fsync --listen-client-urls "http://127.0.0.1:$client" --advertise-client-urls "http://127.0.0.1:$client" \
    --listen-peer-urls "http://127.0.0.1:$peer" --initial-advertise-peer-urls "http://127.0.0.1:$peer" --initial-cluster "default=http://127.0.0.1:$peer"
  # Clients authenticate with certificates, and O=system:masters has all rights, so the server never delegates to a cluster; its address is unused.
  kubeconfig "$run/unused.kubeconfig" https://127.0.0.1:1
  spawn apiserver "$CACHE/bin/apiextensions-apiserver" --etcd-servers "http://127.0.0.1:$client" --bind-address 127.0.0.1 --secure-port "$secure" \
    --tls-cert-file "$run/server.crt" --tls-private-key-file "$run/server.key" --client-ca-file "$run/ca.crt" \
    --authentication-skip-lookup --authentication-tolerate-lookup-failure \
    --authentication-kubeconfig "$run/unused.kubeconfig" --authorization-kubeconfig "$run/unused.kubeconfig" --kubeconfig "$run/unused.kubeconfig" \
    --disable-admission-plugins NamespaceLifecycle,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ValidatingAdmissionPolicy,MutatingAdmissionPolicy
  kubeconfig "$run/kubeconfig" "https://127.0.0.1:$secure"
  echo "http://127.0.0.1:$client" >"$run/etcd.url"
  deadline=$((SECONDS + 60))
  until ready "$secure"; do
    kill -0 "$(<"$run/apiserver.pid")" 2>/dev/null && kill -0 "$(<"$run/etcd.pid")" 2>/dev/null && ((SECONDS < deadline)) || return 1
    sleep 0.1
  done
}

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -keyout "$run/ca.key" -out "$run/ca.crt" -subj /CN=conformance 2>/dev/null
certificate server /CN=apiextensions IP:127.0.0.1
certificate admin /O=system:masters/CN=conformance DNS:conformance
# Another process may take a port before the server binds it, so the start is retried with other ports.
for _ in 1 2 3; do
  if start; then exit 0; fi
  "$here/stop.sh" "$run"
done
tail -n 20 "$run"/{etcd,apiserver}.log >&2
echo "the apiextensions API server did not start; its logs are in $run" >&2
exit 1
