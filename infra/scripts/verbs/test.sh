source infra/scripts/verbs/verify.sh
source infra/scripts/verbs/cluster.sh

# Lanes, at the same time: tests wait more than they work. Within a lane one suite after the other.
LANES=("unit architecture verify quickstart" "browser chart web conformance" "cluster")
read -ra SUITES <<<"${LANES[*]}"
RESULTS=obj/meet/results

# verb_test [suite…]: runs them all, then prints "N passed, N failed, N skipped" over every runner.
verb_test() {
  local suites=("$@") suite lane running=() kubernetes=
  [[ $# -gt 0 ]] || suites=("${SUITES[@]}")
  for suite in "${suites[@]}"; do
    [[ " ${SUITES[*]} " == *" $suite "* ]] || die "unknown suite '$suite'; there are: ${SUITES[*]}"
  done
  require_tools
  require_packages runtime test
  [[ -z $(kubectl_finding) ]] || die "$(kubectl_finding)"
  # Tests are mostly programs that have just started: no profile of them is ever used, compiling a method again pays only after many calls (12c: 300 instead of
  # 30), and mapping each compiled one twice, so that no page is both written and run, costs a tenth of the start.
  export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=12c DOTNET_EnableWriteXorExecute=0
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  share_compiler
  trap end_compiler EXIT
  # Kubernetes, which a machine builds once, takes minutes: it begins first, and no test runs beside it.
  if [[ " ${suites[*]} " =~ \ (cluster|conformance)\  && -z $(cluster_finding) ]]; then
    require_packages cluster
    build_kubernetes &
    kubernetes=$!
    trap 'end_tree "$kubernetes"; exit 130' INT TERM
  fi
  for suite in "${suites[@]}"; do prepare_suite "$suite"; done
  [[ -z $kubernetes ]] || wait "$kubernetes" || say "Kubernetes was not built: the suites that need it try again"
  LANES_ASKED=0
  for lane in "${LANES[@]}"; do [[ -z $(asked_of "$lane" "${suites[@]}") ]] || LANES_ASKED=$((LANES_ASKED + 1)); done
  for lane in "${LANES[@]}"; do
    run_lane "$lane" "${suites[@]}" &
    running+=("$!")
  done
  trap 'for lane in "${running[@]}"; do end_tree "$lane"; done; wait; exit 130' INT TERM
  wait
  trap - INT TERM
  node infra/scripts/results/sum.mjs "$RESULTS" "${suites[@]}"
}

# asked_of "SUITE…" ASKED…: those of the lane that were asked for.
asked_of() {
  local suite asked=" ${*:2} "
  for suite in $1; do [[ $asked != *" $suite "* ]] || echo "$suite"; done
}

run_lane() {
  local suite
  for suite in $(asked_of "$@"); do run_suite "$suite"; done
}

# end_tree PID: ends a process and all that it started, from the top, so that nothing new is started meanwhile.
end_tree() {
  local children child
  children=$(pgrep -P "$1") || true
  kill -TERM "$1" 2>/dev/null || true
  for child in $children; do end_tree "$child"; done
}

# Everything is built before anything runs, so that suites beside each other build nothing.
prepare_suite() {
  mkdir -p "$RESULTS/$1"
  ! declare -F "build_for_$1" >/dev/null || ("build_for_$1") || echo "its build failed" >"$RESULTS/$1/build.died"
}

# A runner that fails has told so in its results, or left none: either way the sum says it. In a subshell, so that one suite's end is not all's.
run_suite() {
  local suite=$1 started=$SECONDS
  [[ ! -e $RESULTS/$suite/build.died ]] || { say "suite $suite: $(<"$RESULTS/$suite/build.died")"; return; }
  say "suite $suite"
  ("suite_$suite") || say "suite $suite: a runner ended with an error"
  say "suite $suite took $((SECONDS - started)) s"
}

build_for_unit() { build_tests; }
build_for_architecture() { build_tests; }
build_for_verify() { build_codegen; }
build_for_chart() { npm_install tests/chart; }
build_for_web() { npm_install web; }
build_for_browser() { build_all && npm_install tests/e2e; }
build_for_conformance() { build_tests; }
build_for_cluster() { [[ -n $(cluster_finding) ]] || bash infra/docker/build.sh "${CLUSTER_IMAGES[@]}" >/dev/null; }

suite_unit() {
  export MEET_SPRAY_DATAGRAMS=${MEET_SPRAY_DATAGRAMS:-1000000}
  local all projects slow='/MeetOperator\.(Signaling|MediaNode|Operator)\.Tests\.csproj$'
  all=$(find tests -name '*.Tests.csproj' ! -path 'tests/Architecture/*' | LC_ALL=C sort)
  # Those that take minutes come first, so that none of them runs alone at the end.
  mapfile -t projects < <(grep -E "$slow" <<<"$all"; grep -vE "$slow" <<<"$all")
  run_dotnet_tests unit "${projects[@]}"
}

suite_architecture() {
  run_dotnet_tests architecture tests/Architecture/MeetOperator.Architecture.Tests/MeetOperator.Architecture.Tests.csproj
}

# On a small machine one project at a time beside other lanes: all would take longer, and calls cost while they last. A session of its own, because the kernel
# shares the CPU among sessions: programs that drive a browser or the cluster would starve in that of the unit tests. The session weighs three times as much as
# another one (autogroup nice -5, sched(7)), because the other lanes consist of many; only root may do that, and it is not needed elsewhere.
run_dotnet_tests() {
  local suite=$1
  shift
  local project jobs=$(( $(nproc) > 4 ? 4 : LANES_ASKED > 1 ? 1 : 2 ))
  for project in "$@"; do printf '%s\0' "$project"; done | xargs -0 -n 1 -P "$jobs" \
    setsid bash -c 'echo -5 2>/dev/null >/proc/self/autogroup; exec bash infra/scripts/checks/dotnet-test.sh "$@"' dotnet-test "$RESULTS/$suite"
}

build_tests() {
  once tests "$(source_stamp kube crds operator signaling media-node infra/runtime tests Directory.Build.props Directory.Packages.props MeetOperator.sln)" \
    tests/Architecture/MeetOperator.Architecture.Tests/bin/Release/net10.0/MeetOperator.Architecture.Tests.dll \
    with_compiler dotnet build MeetOperator.sln -c Release --nologo -v quiet
}

suite_verify() {
  record "$RESULTS/verify/crds.tap" codegen crds --check
  record "$RESULTS/verify/rbac.tap" codegen rbac --check
  record "$RESULTS/verify/chart.tap" chart_files --check
}

suite_chart() {
  run_node_tests chart npm --prefix tests/chart test
}

suite_web() {
  record "$RESULTS/web/lint.tap" npm --prefix web run lint
  (cd web && npx vitest run --reporter=default --reporter=json --outputFile.json="$MEET_ROOT/$RESULTS/web/vitest.json")
}

# One product for all files; those that break parts of it wait until they are whole again.
suite_browser() {
  MEET_HOME=$(mktemp -d) MEET_PORT=$(free_port)
  export MEET_HOME MEET_PORT MEET_URL=http://localhost:$MEET_PORT
  trap 'exit 143' TERM
  trap 'trap "" TERM; ./meet down; rm -rf "$MEET_HOME"' EXIT
  ./meet up --detach || return
  run_node_tests browser npm --prefix tests/e2e test
}

free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }

suite_quickstart() {
  run_node_tests quickstart node --test --test-reporter=spec tests/quickstart/
}

suite_conformance() {
  on_cluster_machine conformance || return 0
  build_kubernetes && before_real_servers bash infra/scripts/checks/dotnet-test.sh "$RESULTS/conformance" "$CONFORMANCE_TESTS"
}

suite_cluster() {
  on_cluster_machine cluster || return 0
  cluster_suite
}

# on_cluster_machine SUITE: a machine that cannot run it is told so, and it counts as one skipped test; in CI, where nobody reads along, as a failed one.
on_cluster_machine() {
  local finding
  finding=$(cluster_finding)
  [[ -n $finding ]] || return 0
  say "suite $1 does not run: $finding"
  if [[ ${CI:-} == true ]]; then record "$RESULTS/$1/machine.tap" false; else printf '# pass 0\n# fail 0\n# skipped 1\n' >"$RESULTS/$1/machine.tap"; fi
  return 1
}

# run_node_tests SUITE COMMAND…: its output is shown and kept (in RUNNER_LOG, when a suite has several); sum.mjs reads the runner's own totals in it.
run_node_tests() {
  local suite=$1
  shift
  timeout 2400 "$@" 2>&1 | tee "$RESULTS/$suite/${RUNNER_LOG:-node.log}"
  return "${PIPESTATUS[0]}"
}

# record FILE COMMAND…: a command that passes or fails as one test.
record() {
  local file=$1
  shift
  if (set -e; "$@") >"$file.log" 2>&1; then
    printf '# pass 1\n# fail 0\n# skipped 0\n' >"$file"
  else
    cat "$file.log" >&2
    printf '# pass 0\n# fail 1\n# skipped 0\n' >"$file"
    return 1
  fi
}
