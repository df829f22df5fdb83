for part in tools/cluster/*.sh; do source "$part"; done

CLUSTER_RUN=/run/meet-cluster
CLUSTER=tests/cluster/cluster.sh

# verb_cluster ACTION: a real Kubernetes with two nodes on this machine, and the product on it.
verb_cluster() {
  local action=${1:-help}
  shift || true
  case $action in
    up) cluster_up ;;
    load-images) cluster_load_images "$@" ;;
    install) cluster_install "$@" ;;
    test) cluster_test "$@" ;;
    chaos) cluster_chaos "$@" ;;
    down) bash "$CLUSTER" down ;;
    shell) cluster_shell ;;
    crds) cluster_crds "$@" ;;
    help) cluster_help ;;
    *) die "unknown action '$action'; ./meet cluster help lists them" ;;
  esac
}

cluster_help() {
  cat <<'TEXT'
./meet cluster up             start Kubernetes 1.20 with two nodes in network namespaces (the first start builds it, which takes minutes); prints KUBECONFIG
./meet cluster load-images    build the changed images and load them into both nodes; `load-images previous` does so with the media node of the previous version
./meet cluster install        install PostgreSQL, Redis and the chart as release meet in namespace meet-system
./meet cluster test [FILE…]   run the tests in tests/cluster against the installed release; without files, those that leave it as it is
./meet cluster chaos [--seed N] [--minutes M] [--only KIND,…]
                              kill, drain, cut and replace parts of the installed release while people join, leave and chat; the same seed does the same
./meet cluster shell          open a shell with KUBECONFIG set
./meet cluster crds           compare the CRDs and the embedded API server with Kubernetes 1.20 and the current version
./meet cluster down           stop the cluster and remove everything that it created
TEXT
}

# cluster_problem: prints why the cluster cannot run on this machine, or nothing.
cluster_problem() {
  if ((EUID != 0)); then
    echo "the cluster needs root, because it creates network namespaces, mounts and cgroups"
  elif ! command -v apt-get >/dev/null || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then
    echo "the cluster is built from packages of Debian 12; this is $(. /etc/os-release && echo "$PRETTY_NAME")"
  elif [[ $(uname -m) != x86_64 ]]; then
    echo "the images of the cluster are built for x86_64; this is $(uname -m)"
  elif ! unshare --net --mount --pid --uts --ipc --fork true 2>/dev/null; then
    echo "root cannot create network, mount and process namespaces on this machine; it may be an unprivileged container"
  elif [[ ! -w /sys/fs/cgroup ]]; then
    echo "cgroups cannot be created, because /sys/fs/cgroup is read-only"
  fi
}

require_cluster_machine() {
  [[ -z $(cluster_problem) ]] || die "$(cluster_problem)"
  require_packages cluster
}

cluster_up() {
  require_cluster_machine
  [[ -z $(kubectl_problem) ]] || die "$(kubectl_problem)"
  bash tests/cluster/build.sh
  bash "$CLUSTER" up
  echo "export KUBECONFIG=$CLUSTER_RUN/admin.kubeconfig"
}

# Requires a running cluster and sets KUBECONFIG for later kubectl and Helm commands.
require_cluster() {
  bash "$CLUSTER" status 2>/dev/null || die "no cluster is running; start one with ./meet cluster up"
  export KUBECONFIG=$CLUSTER_RUN/admin.kubeconfig
}

cluster_shell() {
  require_cluster
  exec "${SHELL:-bash}"
}
