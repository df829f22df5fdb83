# Tests on the cluster. Sourced.

# cluster_test [FILE…]: the tests of tests/cluster against the installed release; clean.test.mjs, which takes the cluster down, only by its name.
cluster_test() {
  require_cluster
  npm_install tests/e2e
  local files=("$@")
  if (($# == 0)); then mapfile -t files < <(find tests/cluster -maxdepth 1 -name '*.test.mjs' ! -name clean.test.mjs | LC_ALL=C sort); fi
  node --test --test-concurrency=1 --test-reporter=spec "${files[@]}"
}

# The suite has the cluster for itself: one that runs is taken down first, and none is left.
cluster_suite() {
  npm_install tests/e2e
  bash tests/cluster/build.sh
  RUNNER_LOG=clean.node.log run_node_tests cluster node --test --test-reporter=spec tests/cluster/clean.test.mjs
  trap 'bash "$CLUSTER" down' EXIT
  cluster_up
  crds_suite || say "our CRDs before the real servers: not all is well"
  record "$RESULTS/cluster/install.tap" cluster_install
  run_node_tests cluster ./meet cluster test
}
