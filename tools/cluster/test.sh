# Tests on the cluster. Sourced.

NODE_TEST=(node --test --test-reporter=spec)
# These files do not change the release, so two of them run at a time.
READING=(tests/cluster/{call,bad-input,gitops,images}.test.mjs)
# A rotation takes over a minute, in which most of the other files run, one after the other: they change no Pod of the release. The rotation kills Pods of it during the first
# tests of the chart, which are dry runs and open no WebSocket. The last file makes its call when these Pods have been replaced.
ROTATION=(tests/cluster/{certificates,chart,pod-security}.test.mjs)
# These leave the release changed, then removed, and the cluster down. They run last, in this order, and outside of the suite only when they are named.
LAST=(tests/cluster/{upgrade,uninstall,clean}.test.mjs)

changing_files() { printf '%s\n' tests/cluster/*.test.mjs | grep -vxF "$(printf '%s\n' "${READING[@]}" "${ROTATION[@]}" "${LAST[@]}")"; }

# cluster_test [FILE…]: runs the tests in tests/cluster against the installed release.
cluster_test() {
  local changing code=0
  require_cluster
  npm_install tests/e2e
  npm_install web # the SDK, for people without pages
  if (($# > 0)); then
    "${NODE_TEST[@]}" --test-concurrency=1 "$@"
    return
  fi
  mapfile -t changing < <(changing_files)
  "${NODE_TEST[@]}" --test-concurrency=2 "${READING[@]}" || code=1
  "${NODE_TEST[@]}" --test-concurrency=2 "${ROTATION[@]}" || code=1
  "${NODE_TEST[@]}" --test-concurrency=1 "${changing[@]}" || code=1
  return "$code"
}

# cluster_chaos [OPTION…]: a run of faults against the installed release; tests/cluster/chaos/run.mjs checks the options.
cluster_chaos() {
  require_cluster
  npm_install tests/e2e
  npm_install web # the SDK, for people without pages
  node tests/cluster/chaos/run.mjs "$@"
}

# The suite uses a new cluster; a running cluster is taken down first. The last file takes the cluster down and compares the machine with its state before.
cluster_suite() {
  local changing file before=$MEET_ROOT/$STAMPS/cluster-before.json
  npm_install tests/e2e
  npm_install web # the SDK, for people without pages
  mapfile -t changing < <(changing_files | if [[ -n $(targets cluster) ]]; then cat; else without_long cluster; fi)
  bash "$CLUSTER" down
  trap 'exit 143' TERM
  trap 'bash "$CLUSTER" down' EXIT
  node tests/cluster/support/traces.mjs >"$before"
  MEET_CLUSTER_MARK=$(jq -r .mark "$before") cluster_up
  record "$RESULTS/cluster/install.tap" cluster_install
  run_cluster_files reading 2 "${READING[@]}"
  run_cluster_files rotation 2 "${ROTATION[@]}"
  run_cluster_files changing 1 "${changing[@]}"
  for file in "${LAST[@]}"; do
    # A second run of the last file would find no cluster.
    SECOND_RUN=$([[ $file == "${LAST[-1]}" ]] && echo 0 || echo "$SECOND_RUN") MEET_CLUSTER_BEFORE=$before run_cluster_files "$(basename "$file" .test.mjs)" 1 "$file"
  done
}

# run_cluster_files NAME CONCURRENCY FILE…: runs the files, or those of them that are targets when the suite runs in part.
run_cluster_files() {
  local name=$1 concurrency=$2 selected files
  shift 2
  selected=$(targets cluster)
  mapfile -t files < <(printf '%s\n' "$@" | grep -xF -- "${selected:-$(printf '%s\n' "$@")}")
  ((${#files[@]} > 0)) || return 0
  RUNNER_LOG=$name.node.log run_node_tests cluster "$concurrency" "${files[@]}"
}
