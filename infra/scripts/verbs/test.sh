source infra/scripts/verbs/verify.sh
source infra/scripts/verbs/cluster.sh

SUITES=(unit architecture verify chart web browser quickstart)
BY_NAME=(cluster) # takes half an hour, and the machine for itself
RESULTS=obj/meet/results

# verb_test [suite…]: runs them all, then prints "N passed, N failed, N skipped" over every runner.
verb_test() {
  local suites=("$@") suite
  [[ $# -gt 0 ]] || suites=("${SUITES[@]}")
  for suite in "${suites[@]}"; do
    [[ " ${SUITES[*]} ${BY_NAME[*]} " == *" $suite "* ]] || die "unknown suite '$suite'; there are: ${SUITES[*]} ${BY_NAME[*]}"
  done
  require_tools
  require_packages runtime test
  [[ -z $(kubectl_finding) ]] || die "$(kubectl_finding)"
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  for suite in "${suites[@]}"; do
    local started=$SECONDS
    say "suite $suite"
    mkdir -p "$RESULTS/$suite"
    # A runner that fails has told so in its results, or left none: either way the sum below says it. In a subshell, so that one suite's end is not all's.
    ("suite_$suite") || say "suite $suite: a runner ended with an error"
    say "suite $suite took $((SECONDS - started)) s"
  done
  node infra/scripts/results/sum.mjs "$RESULTS" "${suites[@]}"
}

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

# Builds once, then runs two projects at a time: most of them wait more than they work.
run_dotnet_tests() {
  local suite=$1
  shift
  build_tests || return 1
  local project jobs=$(( $(nproc) > 4 ? 4 : 2 ))
  for project in "$@"; do printf '%s\0' "$project"; done | xargs -0 -n 1 -P "$jobs" \
    bash infra/scripts/checks/dotnet-test.sh "$RESULTS/$suite"
}

build_tests() {
  once tests "$(source_stamp kube crds operator signaling media-node tests Directory.Build.props Directory.Packages.props MeetOperator.sln)" \
    tests/Architecture/MeetOperator.Architecture.Tests/bin/Release/net10.0/MeetOperator.Architecture.Tests.dll \
    dotnet build MeetOperator.sln -c Release --nologo -v quiet
}

suite_verify() {
  build_codegen || return 1
  record "$RESULTS/verify/crds.tap" codegen crds --check
  record "$RESULTS/verify/rbac.tap" codegen rbac --check
  record "$RESULTS/verify/chart.tap" chart_files --check
}

suite_chart() {
  npm_install tests/chart
  run_node_tests chart npm --prefix tests/chart test
}

suite_web() {
  npm_install web
  record "$RESULTS/web/lint.tap" npm --prefix web run lint
  (cd web && npx vitest run --reporter=default --reporter=json --outputFile.json="$MEET_ROOT/$RESULTS/web/vitest.json")
}

suite_browser() {
  build_all
  npm_install tests/e2e
  run_node_tests browser npm --prefix tests/e2e test
}

suite_quickstart() {
  run_node_tests quickstart node --test --test-reporter=spec tests/quickstart/
}

# A machine that cannot run it is told so and counts as one skipped test; in CI, where nobody reads along, as a failed one.
suite_cluster() {
  local finding
  finding=$(cluster_finding)
  if [[ -n $finding ]]; then
    say "suite cluster does not run: $finding"
    if [[ ${CI:-} == true ]]; then record "$RESULTS/cluster/machine.tap" false; else printf '# pass 0\n# fail 0\n# skipped 1\n' >"$RESULTS/cluster/machine.tap"; fi
    return
  fi
  require_packages cluster
  cluster_suite
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
