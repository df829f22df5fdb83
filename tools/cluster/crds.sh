# Compares the CustomResourceDefinitions and the embedded API server with real API servers. Sourced.

CONFORMANCE=tests/conformance
CONFORMANCE_TESTS=$CONFORMANCE/MeetOperator.Conformance.Tests/MeetOperator.Conformance.Tests.csproj

# cluster_crds [OPTION…]: runs the golden cases and the conformance suite against the embedded server and two real ones; no running cluster is needed. Passes options to `dotnet test`.
cluster_crds() {
  require_cluster_machine
  require_tools
  require_packages runtime test
  build_kubernetes
  with_compiler dotnet build "$CONFORMANCE_TESTS" -c Release --nologo -v quiet >&2
  with_real_servers dotnet test "$CONFORMANCE_TESTS" -c Release --no-build --nologo "$@"
}

# build_kubernetes: once per machine, builds Kubernetes 1.20 and, at the same time, the API server for custom resources of current Kubernetes.
build_kubernetes() {
  local current code=0
  bash "$CONFORMANCE/server/build.sh" &
  current=$!
  bash tests/cluster/build.sh || code=1
  wait "$current" || code=1
  return "$code"
}

# with_real_servers COMMAND…: runs the command with the addresses of the real servers in its environment.
with_real_servers() (
  start_api_server
  run=$(mktemp -d)
  trap 'end_api_server; bash "$CONFORMANCE/server/stop.sh" "$run"; rm -rf "$run"' EXIT
  bash "$CONFORMANCE/server/start.sh" "$run" || exit 1
  export MEET_CONFORMANCE_K036=$run/kubeconfig MEET_CONFORMANCE_K036_ETCD
  MEET_CONFORMANCE_K036_ETCD=$(<"$run/etcd.url")
  export MEET_CONFORMANCE_K120=$API_FOLDER/kubeconfig MEET_CONFORMANCE_K120_ETCD
  MEET_CONFORMANCE_K120_ETCD=$(<"$API_FOLDER/etcd.url")
  "$@"
)
