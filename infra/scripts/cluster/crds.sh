# Our CustomResourceDefinitions and our embedded API server before the real code. Sourced.

CONFORMANCE=tests/conformance
CONFORMANCE_TESTS=$CONFORMANCE/MeetOperator.Conformance.Tests/MeetOperator.Conformance.Tests.csproj

# cluster_crds [OPTION…]: starts the API server of the current Kubernetes for custom resources, and runs golden cases and the conformance suite
# against it, the embedded server and, when it is up, the 1.20 cluster. Options go to `dotnet test`.
cluster_crds() {
  require_tools
  require_packages runtime test
  dotnet build "$CONFORMANCE_TESTS" -c Release --nologo -v quiet >&2
  [[ -f $CLUSTER_RUN/admin.kubeconfig ]] || say "the 1.20 cluster is not up and is left out (./meet cluster up)"
  before_real_servers dotnet test "$CONFORMANCE_TESTS" -c Release --no-build --nologo "$@"
}

# crds_suite: the same as a part of `./meet test cluster`; all three servers must be there.
crds_suite() {
  require_packages runtime test
  if [[ -f $CLUSTER_RUN/admin.kubeconfig ]] && build_tests && before_real_servers bash infra/scripts/checks/dotnet-test.sh "$RESULTS/cluster" "$CONFORMANCE_TESTS"; then return 0; fi
  compgen -G "$RESULTS/cluster/*.Conformance.Tests.*" >/dev/null || echo "the servers did not start" >"$RESULTS/cluster/conformance.died"
  return 1
}

# before_real_servers COMMAND…: runs it with the addresses of the real servers in its environment.
before_real_servers() (
  bash "$CONFORMANCE/server/build.sh" || exit 1
  run=$(mktemp -d)
  trap 'bash "$CONFORMANCE/server/stop.sh" "$run"; rm -rf "$run"' EXIT
  bash "$CONFORMANCE/server/start.sh" "$run" || exit 1
  export MEET_CONFORMANCE_K036=$run/kubeconfig MEET_CONFORMANCE_K036_ETCD
  MEET_CONFORMANCE_K036_ETCD=$(<"$run/etcd.url")
  if [[ -f $CLUSTER_RUN/admin.kubeconfig ]]; then
    export MEET_CONFORMANCE_K120=$CLUSTER_RUN/admin.kubeconfig MEET_CONFORMANCE_K120_ETCD=http://127.0.0.1:12379
  fi
  "$@"
)
