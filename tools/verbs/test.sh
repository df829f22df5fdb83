source tools/verbs/verify.sh
source tools/verbs/cluster.sh

# Lanes of suites run side by side, because most tests wait; tools/test/lanes.mjs arranges them. A slow or busy machine runs one lane at a time: tests whose processes get
# too little of it fail on their time limits. MEET_LANES sets the number. With MEET_CALLS_ALONE=1, as where there are fewer than
# four processors, the suites in which browsers call each other run last, and beside `browser` only light ones, which get a small part of the processors.
RESULTS=obj/meet/results

# With MEET_SHORT=1, a suite that runs as a whole leaves out these files, whose subjects other tests have too, and counts one skipped test for each.
LONG=(tests/cluster/{canary,chaos,coturn,dual-stack,previous-version,unlinked-drain}.test.mjs tests/e2e/shared-line.test.mjs)

# verb_test [fast | --changed | SUITE [WORD…]…]: runs the suites, then prints "N passed, N failed, N skipped" for all of them. tools/test/plan.mjs decides what runs.
verb_test() {
  local suites suite stages stage lanes lane parallel running=() alive=() kubernetes=
  [[ ${1:-} != --help ]] || { test_help; return; }
  [[ ${MEET_LANES:-1} =~ ^[1-2]$ ]] || die "MEET_LANES is '$MEET_LANES'; set it to the number of lanes that run at the same time, 1 or 2"
  [[ ${MEET_CALLS_ALONE:-0} =~ ^[01]$ ]] || die "MEET_CALLS_ALONE is '$MEET_CALLS_ALONE'; set it to 1 to run only light suites beside those with calls between browsers, or to 0"
  [[ ${MEET_SHORT:-0} =~ ^[01]$ ]] || die "MEET_SHORT is '$MEET_SHORT'; set it to 1 to leave out the longest tests, or to 0"
  export MEET_CALLS_ALONE=${MEET_CALLS_ALONE:-$(($(nproc) < 4 ? 1 : 0))}
  require_tools
  PLAN=$(node tools/test/plan.mjs "$@") || exit 1
  mapfile -t suites < <(cut -f1 <<<"$PLAN" | awk 'NF && !seen[$0]++')
  if ((${#suites[@]} == 0)); then
    say "no suite covers the changed files"
    echo "0 passed, 0 failed, 0 skipped"
    return
  fi
  [[ $# -eq 0 ]] || say "suites: ${suites[*]}"
  # In a run of everything, a few failed tests of each runner run once more, and the summary names them. A part of a run fails at once, because somebody is working on it.
  SECOND_RUN=$(($# == 0 ? 1 : 0))
  export SECOND_RUN=${MEET_SECOND_RUN:-$SECOND_RUN}
  local needs_cluster='' groups=(runtime)
  [[ ! " ${suites[*]} " =~ \ (cluster|conformance)\  || -n $(cluster_problem) ]] || needs_cluster=1
  [[ ${1:-} == fast ]] || groups+=(test)
  require_packages "${groups[@]}" ${needs_cluster:+cluster}
  [[ ${1:-} == fast || -z $(kubectl_problem) ]] || die "$(kubectl_problem)"
  # Most tests start short-lived processes. They never use a profile, recompiling a method pays off only after many calls (0x12c = 300 instead of 30), and
  # the double mapping of compiled code (W^X) costs a tenth of the start time.
  # Garbage collection in the background would only cost them a thread. In Go programs (kubectl, helm, Kubernetes), rarer collections save a tenth or more of the CPU time.
  export DOTNET_TieredPGO=0 DOTNET_TC_CallCountThreshold=12c DOTNET_EnableWriteXorExecute=0 DOTNET_gcConcurrent=0 GOGC=400
  rm -rf "$RESULTS"
  mkdir -p "$RESULTS"
  share_compiler
  trap end_compiler EXIT
  # The build of Kubernetes, once per machine, takes minutes, so it starts first. No test runs during the build.
  if [[ -n $needs_cluster ]]; then
    build_kubernetes &
    kubernetes=$!
    trap 'end_tree "$kubernetes"; exit 130' INT TERM
  fi
  for suite in "${suites[@]}"; do prepare_suite "$suite"; done
  [[ -z $kubernetes ]] || wait "$kubernetes" || say "the build of Kubernetes failed; the suites that need it try again"
  stages=$(node tools/test/lanes.mjs "${suites[@]}") || exit 1
  mapfile -t stages <<<"$stages"
  trap 'for lane in "${running[@]}"; do end_tree "$lane"; done; wait; exit 130' INT TERM
  parallel=${MEET_LANES:-1}
  [[ -n ${MEET_LANES:-} || ${stages[*]} != *$'\t'* ]] || parallel=$(parallel_lanes)
  # Ten minutes of chaos would take a run of everything on a slow machine beyond an hour and a half.
  [[ $parallel -gt 1 || ${stages[*]} != *$'\t'* ]] || export MEET_CHAOS_MINUTES=${MEET_CHAOS_MINUTES:-2}
  for stage in "${stages[@]}"; do
    IFS=$'\t' read -ra lanes <<<"$stage"
    ((parallel >= ${#lanes[@]})) || say "lanes at a time: $parallel of ${#lanes[@]}"
    running=()
    for lane in "${lanes[@]}"; do
      while mapfile -t alive < <(alive_of "${running[@]}") && ((${#alive[@]} >= parallel)); do wait -n "${alive[@]}" 2>/dev/null || true; done
      run_lane $lane &
      running+=("$!")
    done
    wait "${running[@]}" 2>/dev/null || true
  done
  trap - INT TERM
  node tools/results/sum.mjs "$RESULTS" "${suites[@]}"
}

test_help() {
  cat <<'TEXT'
./meet test                    run all suites
./meet test SUITE…             run these suites
./meet test SUITE WORD…        run the part of a suite whose name contains a word: test projects or, where no project matches, test classes; test files of suites in JavaScript
./meet test fast               run what needs no processes, no servers and no browsers: unit tests of placement, media and parsers, architecture, verify, unit tests of the page
./meet test --changed          run what tests the changes since the branch left main, uncommitted and new files included
                               (code of the product: unit tests of the projects that depend on it; `browser` and `page` only for the page and their own tests, `cluster` only for images and its own tests)

Examples: ./meet test unit Placement · ./meet test unit JoinTests · ./meet test browser recovery · ./meet test cluster upgrade · ./meet test unit Rtp web chat
Suites in JavaScript: cluster quickstart browser page chart web
TEXT
}

# targets SUITE: prints what runs of a suite, one per line: a test file, or a project, a tab and its filter. Prints nothing for a suite that runs as a whole.
targets() { awk -F '\t' -v suite="$1" '$1 == suite && $2 != "" { print $2 ($3 == "" ? "" : "\t" $3) }' <<<"$PLAN"; }

# parallel_lanes: prints how many lanes may run at a time. The work took 0.5 to 1.4 s on two idle processors; the limit is a choice, not a measurement.
parallel_lanes() {
  local took
  took=$(node tools/checks/speed.mjs)
  echo $((took > 3600 ? 1 : 2))
}

# alive_of PID…: prints those that still run.
alive_of() {
  local pid
  for pid in "$@"; do ! kill -0 "$pid" 2>/dev/null || echo "$pid"; done
}

# run_lane [light] SUITE…: runs those that the other lane has not begun.
run_lane() {
  local suite
  [[ $1 != light ]] || { LIGHT=1; shift; }
  for suite in "$@"; do ! mkdir "$RESULTS/$suite/started" 2>/dev/null || run_suite "$suite"; done
}

# lightly COMMAND…: in a light lane, the command gets a tenth of the weight of others (autogroup nice 10, sched(7)), because the kernel shares the CPU among sessions.
lightly() {
  if [[ -n ${LIGHT:-} ]]; then setsid -w bash -c 'echo 10 2>/dev/null >/proc/self/autogroup; exec "$@"' light "$@"; else "$@"; fi
}

# cpu_seconds FILE: adds up the output of `times`. It contains only processes whose parents waited for their end.
cpu_seconds() { tr -s 'ms\n' ' ' <"$1" | awk '{ for (i = 1; i < NF; i += 2) sum += $i * 60 + $(i + 1) } END { printf "%.0f", sum }'; }

# end_tree PID: ends a process and its descendants, parents first, so that they start no more processes.
end_tree() {
  local children child
  children=$(pgrep -P "$1") || true
  kill -TERM "$1" 2>/dev/null || true
  for child in $children; do end_tree "$child"; done
}

# All builds run before the first test, so that parallel suites do not build.
prepare_suite() {
  mkdir -p "$RESULTS/$1"
  ! declare -F "build_for_$1" >/dev/null || ("build_for_$1") || echo "the build failed; its errors are above the first suite" >"$RESULTS/$1/build.failed"
}

# The sum counts a failed runner as a failure, with or without results. The subshell keeps the exit of one suite from ending the others.
run_suite() {
  local suite=$1 started=$SECONDS
  [[ ! -e $RESULTS/$suite/build.failed ]] || { say "suite $suite: $(<"$RESULTS/$suite/build.failed")"; return; }
  say "suite $suite"
  ("suite_$suite"; code=$?; times >"$RESULTS/$suite/cpu-times"; exit "$code") || say "suite $suite: a test runner failed"
  say "suite $suite took $((SECONDS - started)) s, $(cpu_seconds "$RESULTS/$suite/cpu-times") s of CPU"
}

# Tests of media nodes of two versions build the earlier one themselves when they run alone.
build_for_unit() { build_tests && { [[ -n $(targets unit) ]] || ! git cat-file -e "$(<tests/media/previous/commit)" 2>/dev/null || bash tests/media/previous/build.sh >/dev/null; }; }
build_for_architecture() { build_tests; }
build_for_verify() { build_codegen; }
build_for_chart() { npm_install tests/chart; }
build_for_web() { npm_install web; }
build_for_browser() { build_all && npm_install tests/e2e; }
build_for_page() { build_web && npm_install tests/e2e; }
build_for_conformance() { build_tests; }
build_for_cluster() { [[ -n $(cluster_problem) ]] || bash infra/docker/build.sh "${CLUSTER_IMAGES[@]}" >/dev/null; }

suite_unit() {
  export MEET_SPRAY_DATAGRAMS=${MEET_SPRAY_DATAGRAMS:-250000}
  local all slow='/MeetOperator\.(Signaling|MediaNode|Operator)\.Tests\.csproj' large='[^!]~\.LargeMeetingTests\.$'
  all=$(targets unit)
  [[ -n $all ]] || all=$(find tests -name '*.Tests.csproj' ! -path 'tests/Architecture/*' | LC_ALL=C sort | large_meeting_apart)
  # Slow projects start first, so that none of them runs alone at the end.
  {
    grep -E "$slow" <<<"$all" | grep -vE "$large" || true
    grep -E "$large" <<<"$all" || true
    grep -vE "$slow" <<<"$all" || true
  } | run_dotnet_tests unit
}

# large_meeting_apart: reads projects, and divides one of them: a meeting of 500 has missed its time limits after the other tests, and met them in a process of its own.
large_meeting_apart() {
  local project
  while IFS= read -r project; do
    if [[ $project == */MeetOperator.MediaNode.Tests.csproj ]]; then
      printf '%s\t%s\n' "$project" FullyQualifiedName!~.LargeMeetingTests. "$project" FullyQualifiedName~.LargeMeetingTests.
    else
      printf '%s\t\n' "$project"
    fi
  done
}

suite_architecture() { targets architecture | run_dotnet_tests architecture; }

# run_dotnet_tests SUITE: reads projects with their filters. Each project has its own session, because the kernel shares the CPU among sessions, and tests with browsers
# would otherwise get too little of it. The session gets 1.6 times the weight of another one (autogroup nice -2, sched(7)), because the other lane consists of many
# sessions. Only root can raise the weight; without it the tests only take longer.
run_dotnet_tests() {
  local suite=$1 project filter jobs=$(( $(nproc) > 4 ? 4 : 2 ))
  while IFS=$'\t' read -r project filter; do printf '%s\0%s\0' "$project" "$filter"; done | xargs -0 -n 2 -P "$jobs" \
    setsid bash -c 'echo "$1" 2>/dev/null >/proc/self/autogroup; exec bash tools/checks/dotnet-test.sh "${@:2}"' dotnet-test "$([[ -n ${LIGHT:-} ]] && echo 10 || echo -2)" "$RESULTS/$suite"
}

# Builds the whole solution for the whole suite unit, and otherwise only the projects that run.
build_tests() {
  local stamp projects
  stamp=$(source_stamp kube crds operator signaling media-node infra/runtime tests Directory.Build.props Directory.Packages.props MeetOperator.sln)
  if grep -q $'^unit\t\t' <<<"$PLAN" || [[ -f $STAMPS/tests && $(<"$STAMPS/tests") == "$stamp" ]]; then
    build_if_changed tests "$stamp" "$(dll_of tests/Architecture/MeetOperator.Architecture.Tests)" with_compiler dotnet build MeetOperator.sln -c Release --nologo -v quiet
    return
  fi
  mapfile -t projects < <(cut -f2 <<<"$PLAN" | grep '\.csproj$' | LC_ALL=C sort -u)
  solution_filter selected "${projects[@]}"
  build_if_changed "selected-$(sha256sum <"$STAMPS/selected.slnf" | cut -c1-12)" "$stamp" "$(dll_of "$(dirname "${projects[0]}")")" \
    with_compiler dotnet build "$STAMPS/selected.slnf" -c Release --nologo -v quiet
}

suite_verify() {
  record "$RESULTS/verify/crds.tap" codegen crds --check
  record "$RESULTS/verify/rbac.tap" codegen rbac --check
  record "$RESULTS/verify/chart.tap" chart_files --check
}

suite_chart() { run_node_tests chart 1 $(test_files chart tests/chart); }

suite_web() {
  local files
  mapfile -t files < <(targets web)
  ((${#files[@]} > 0)) || record "$RESULTS/web/lint.tap" lightly npm --prefix web run lint
  (cd web && lightly npx vitest run "${files[@]#web/}" --reporter=default --reporter=json --outputFile.json="$MEET_ROOT/$RESULTS/web/vitest.json")
}

# All files use one installation. Tests that break a part of it wait until it has recovered. Media flows directly sooner than usual; tests/cluster/call.test.mjs checks the
# usual delay.
suite_browser() {
  MEET_HOME=$(mktemp -d) MEET_PORT=$(free_port)
  export MEET_HOME MEET_PORT MEET_URL=http://localhost:$MEET_PORT MEET_DIRECT_DELAY_SECONDS=5
  trap 'exit 143' TERM
  trap 'trap "" TERM; ./meet down; rm -rf "$MEET_HOME"' EXIT
  ./meet up --detach || return
  run_node_tests browser 1 $(test_files browser tests/e2e)
}

# free_port: prints a free port below those that the kernel gives to outgoing connections, so that none of these takes it while a test restarts the server.
free_port() {
  node -e '
    const attempt = () => {
      const server = require("net").createServer();
      server.on("error", attempt).listen(20_000 + Math.floor(Math.random() * 10_000), () => { console.log(server.address().port); server.close(); });
    };
    attempt();'
}

suite_page() { run_node_tests page 1 $(test_files page tests/page); }

suite_quickstart() { run_node_tests quickstart 1 $(test_files quickstart tests/quickstart); }

suite_conformance() {
  on_cluster_machine conformance || return 0
  local project filter
  IFS=$'\t' read -r project filter < <(targets conformance)
  build_kubernetes && with_real_servers lightly bash tools/checks/dotnet-test.sh "$RESULTS/conformance" "$project" "$filter"
}

suite_cluster() {
  on_cluster_machine cluster || return 0
  cluster_suite
}

# on_cluster_machine SUITE: on a machine that cannot run the suite, prints the reason and counts one skipped test; in CI, one failed test.
on_cluster_machine() {
  local problem
  problem=$(cluster_problem)
  [[ -n $problem ]] || return 0
  say "suite $1 cannot run: $problem"
  if [[ ${CI:-} == true ]]; then record "$RESULTS/$1/machine.tap" false; else printf '# pass 0\n# fail 0\n# skipped 1\n' >"$RESULTS/$1/machine.tap"; fi
  return 1
}

# test_files SUITE FOLDER: prints the test files of a suite in JavaScript, or those that are targets when the suite runs in part.
test_files() {
  local selected
  selected=$(targets "$1")
  printf '%s\n' "${selected:-$(printf '%s\n' "$2"/*.test.mjs | without_long "$1")}"
}

# without_long SUITE: reads test files, and prints those that run. Counts the others as skipped.
without_long() {
  local file skipped=0
  while IFS= read -r file; do
    if [[ ${MEET_SHORT:-0} == 1 && " ${LONG[*]} " == *" $file "* ]]; then
      say "left out: $file" >&2
      skipped=$((skipped + 1))
    else
      printf '%s\n' "$file"
    fi
  done
  ((skipped == 0)) || printf '# pass 0\n# fail 0\n# skipped %s\n' "$skipped" >"$RESULTS/$1/long.tap"
}

# run_node_tests SUITE CONCURRENCY FILE…: shows the output and stores it for sum.mjs, in RUNNER_LOG when a suite has several runs. With SECOND_RUN=1, the files of a
# few failed tests run once more (see sum.mjs).
run_node_tests() {
  local log=$RESULTS/$1/${RUNNER_LOG:-node.log} concurrency=$2 code=0 failed file again=()
  shift 2
  node_tests "$log" --test-concurrency="$concurrency" "$@" || code=$?
  ((code != 0)) && [[ $SECOND_RUN == 1 ]] || return "$code"
  failed=$(node tools/results/failures.mjs "$log") || return "$code"
  for file in "$@"; do [[ $'\n'$failed$'\n' != *$'\n'"$file"$'\n'* ]] || again+=("$file"); done
  ((${#again[@]} > 0)) || return "$code"
  say "second run: ${again[*]}"
  node_tests "$log.second" --test-concurrency=1 "${again[@]}"
}

# node_tests LOG ARGUMENT…
node_tests() {
  lightly timeout 2400 node --test --test-reporter=spec "${@:2}" 2>&1 | tee "$1"
  return "${PIPESTATUS[0]}"
}

# record FILE COMMAND…: runs a command and records it as one passed or failed test.
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
