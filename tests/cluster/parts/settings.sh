# Names and addresses for all parts. Sourced.

CLUSTER=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
MEET_CACHE=${MEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator}
MEET_KUBERNETES=$MEET_CACHE/kubernetes    # built once per machine
RUN=/run/meet-cluster                     # keys, configuration, process ids, logs
STATE=/var/lib/meet-cluster               # the data of etcd and the disks of the nodes
NODES=(1 2)
BRIDGE=meetbr0
HOST=10.250.0.1                           # control plane and DNS; node N is 10.250.0.1N
PODS=10.251                               # node N has 10.251.N.0/24
SERVICES=10.252.0.0/16
HOST6=fd6d:6565:74:250::1                 # as above; node N is …:250::1N
PODS6=fd6d:6565:74:251                    # node N has …:251:N::/80
SERVICES6=fd6d:6565:74:252::/112
API=https://$HOST:6443
export KUBECONFIG=$RUN/admin.kubeconfig

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'cluster: %s\n' "$*" >&2; exit 1; }

# until_true SECONDS WHAT COMMAND…: polls the command until it succeeds, and fails with a message about WHAT after the timeout.
until_true() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || die "timed out waiting for $what; logs: $RUN/log"
    sleep 0.05
  done
}
