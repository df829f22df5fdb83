for part in infra/scripts/cluster/*.sh; do source "$part"; done

CLUSTER_RUN=/run/meet-cluster
CLUSTER=tests/cluster/cluster.sh

# verb_cluster WHAT: a real two-node Kubernetes on this machine, and the product on it.
verb_cluster() {
  local what=${1:-help}
  shift || true
  case $what in
    up) cluster_up ;;
    load-images) cluster_load_images "$@" ;;
    install) cluster_install "$@" ;;
    test) cluster_test "$@" ;;
    down) bash "$CLUSTER" down ;;
    shell) cluster_shell ;;
    crds) cluster_crds "$@" ;;
    help) cluster_help ;;
    *) die "unknown: ./meet cluster $what; ./meet cluster help lists what there is" ;;
  esac
}

cluster_help() {
  cat <<'TEXT'
./meet cluster up             Kubernetes 1.20 on two nodes in network namespaces (the first time builds it: minutes); prints KUBECONFIG
./meet cluster load-images    build the images that changed and load them into both nodes
./meet cluster install        PostgreSQL, Redis and the chart, as release meet in namespace meet-system
./meet cluster test [FILE…]   the tests in tests/cluster against it
./meet cluster shell          a shell with KUBECONFIG set
./meet cluster crds           our CRDs and embedded API server beside those of Kubernetes 1.20 and of the current one
./meet cluster down           stop and remove all of it
TEXT
}

# cluster_finding: why the cluster cannot run on this machine, or nothing.
cluster_finding() {
  if ((EUID != 0)); then
    echo "the cluster needs root: it makes network namespaces, mounts and cgroups"
  elif ! command -v apt-get >/dev/null || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then
    echo "the cluster is built from Debian 12's packages; this is $(. /etc/os-release && echo "$PRETTY_NAME")"
  elif [[ $(uname -m) != x86_64 ]]; then
    echo "the cluster's images are made for x86_64; this is $(uname -m)"
  elif ! unshare --net --mount --pid --uts --ipc --fork true 2>/dev/null; then
    echo "this machine does not let root make network, mount and process namespaces (a container without privileges?)"
  elif [[ ! -w /sys/fs/cgroup ]]; then
    echo "cgroups cannot be made: /sys/fs/cgroup is read-only"
  fi
}

require_cluster_machine() {
  [[ -z $(cluster_finding) ]] || die "$(cluster_finding)"
  require_packages cluster
}

cluster_up() {
  require_cluster_machine
  [[ -z $(kubectl_finding) ]] || die "$(kubectl_finding)"
  bash tests/cluster/build.sh
  bash "$CLUSTER" up
  echo "export KUBECONFIG=$CLUSTER_RUN/admin.kubeconfig"
}

# For what needs a cluster: the caller's kubectl and Helm talk to it from here on.
require_cluster() {
  bash "$CLUSTER" status 2>/dev/null || die "no cluster is running: ./meet cluster up"
  export KUBECONFIG=$CLUSTER_RUN/admin.kubeconfig
}

cluster_shell() {
  require_cluster
  exec "${SHELL:-bash}"
}
