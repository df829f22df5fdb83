# Tests on the cluster. Sourced.

NODE_TEST=(node --test --test-reporter=spec)
# These look at the release and change nothing of it, so two of them at a time; the others have it for themselves.
LOOKING=(tests/cluster/{call,bad-input,gitops,images}.test.mjs)
# The last takes the cluster down: only by its name.
ENDING=tests/cluster/clean.test.mjs

changing_files() { printf '%s\n' tests/cluster/*.test.mjs | grep -vxF "$(printf '%s\n' "${LOOKING[@]}" "$ENDING")"; }

# cluster_test [FILE…]: the tests of tests/cluster against the installed release.
cluster_test() {
  local changing code=0
  require_cluster
  npm_install tests/e2e
  if (($# > 0)); then
    "${NODE_TEST[@]}" --test-concurrency=1 "$@"
    return
  fi
  mapfile -t changing < <(changing_files)
  "${NODE_TEST[@]}" --test-concurrency=2 "${LOOKING[@]}" || code=1
  "${NODE_TEST[@]}" --test-concurrency=1 "${changing[@]}" || code=1
  return "$code"
}

# The suite has the cluster for itself: one that runs is taken down first. Its last file takes down what all used, and compares the machine with what it was before.
cluster_suite() {
  local changing before=$MEET_ROOT/$STAMPS/cluster-before.json
  npm_install tests/e2e
  mapfile -t changing < <(changing_files)
  bash "$CLUSTER" down
  trap 'exit 143' TERM
  trap 'bash "$CLUSTER" down' EXIT
  node tests/cluster/support/traces.mjs >"$before"
  MEET_CLUSTER_MARK=$(jq -r .mark "$before") cluster_up
  record "$RESULTS/cluster/install.tap" cluster_install
  RUNNER_LOG=looking.node.log run_node_tests cluster "${NODE_TEST[@]}" --test-concurrency=2 "${LOOKING[@]}"
  RUNNER_LOG=changing.node.log run_node_tests cluster "${NODE_TEST[@]}" --test-concurrency=1 "${changing[@]}"
  RUNNER_LOG=ending.node.log MEET_CLUSTER_BEFORE=$before run_node_tests cluster "${NODE_TEST[@]}" "$ENDING"
}
