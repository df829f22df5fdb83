source tools/verbs/down.sh
source tools/verbs/cluster.sh

BENCH=tests/bench/MeetOperator.Bench

# verb_bench NAME [OPTION…] [--json]: measures figures and compares them with a peer or a limit. This script measures whole installations; the bench program measures the rest.
verb_bench() {
  local name=${1:-} json= cluster= only= options=()
  shift $(($# > 0))
  [[ $name =~ ^(media|quality|network|operator|move|memory|up|dev)$ ]] || bench_usage
  while (($# > 0)); do
    case "$name $1" in
      *" --json") json=--json ;;
      "operator --cluster") cluster=--cluster ;;
      "media --force") options+=(--force) ;;
      "media --only" | "quality --only" | "network --only" | "operator --only" | "move --only")
        (($# > 1)) || bench_usage
        only=$2
        options+=("$1" "$2")
        shift
        ;;
      "media --rounds" | "media --seconds" | "quality --seconds" | "network --rounds" | "move --rounds" | "move --seconds" | "move --moves")
        [[ ${2:-} =~ ^[1-9][0-9]{0,2}$ ]] || bench_usage
        options+=("$1" "$2")
        shift
        ;;
      *) bench_usage ;;
    esac
    shift
  done
  require_tools
  require_packages runtime test
  if [[ -n $cluster && $only =~ ^(first-frame|killed|drain|emptied|lost|critical-lost|link|cut|loop|fenced)$ ]]; then
    bench_people "$json" --only "$only"
    return
  fi
  case $name in
    up) bench_up "$json" ;;
    memory) bench_memory "$json" ;;
    quality) npm_install tests/e2e && node tests/bench/quality/quality.mjs $json "${options[@]}" ;;
    network) npm_install tests/e2e && node tests/bench/network/network.mjs $json "${options[@]}" ;;
    move) bench_move "$json" "${options[@]}" ;;
    dev) npm_install tests/e2e && node tests/bench/dev.mjs $json ;;
    *)
      build_bench
      [[ -z $cluster ]] || bench_cluster
      bench_program "$name" $json $cluster "${options[@]}"
      [[ -z $cluster || -z ${API_FOLDER:-} || -n $only ]] || bench_release "$json"
      ;;
  esac
}

bench_usage() {
  die "usage: ./meet bench media [--only PART] [--rounds N] [--seconds N] [--force]|quality [--only PART] [--seconds N]|network [--only RUNG|fallback|killed|turn|line|abuse] [--rounds N]|operator [--only create|leader|writes] [--cluster [--only create|leader|first-frame|killed|drain|emptied|lost|critical-lost|link|cut|loop|fenced]]|move [--only PART] [--moves N] [--rounds N] [--seconds N]|memory|up|dev [--json]"
}

build_bench() { with_compiler dotnet build $BENCH -c Release --nologo -v quiet >&2; }

bench_program() { dotnet $BENCH/bin/Release/net10.0/MeetOperator.Bench.dll "$@"; }

# Measures links and moves. All parts but relay use one installation, chromium with two pages in it.
bench_move() {
  local json=$1 only= i
  shift
  for ((i = 1; i < $#; i++)); do
    [[ ${!i} != --only ]] || only=${*:i + 1:1}
  done
  [[ $only == relay ]] || temporary_installation
  if [[ $only != chromium ]]; then
    build_bench
    bench_program move $json "$@"
  fi
  if [[ -z $only || $only == chromium ]]; then
    npm_install tests/e2e
    MEET_URL=http://localhost:$MEET_PORT node tests/bench/move/chromium.mjs $json "$@"
  fi
}

# Prepares the API server of KUBECONFIG, on which no release may be installed. Without KUBECONFIG, starts one that ends with this script.
bench_cluster() {
  local file
  if [[ -z ${KUBECONFIG:-} ]]; then
    require_packages cluster
    bash tests/cluster/build.sh >&2
    start_api_server
    export KUBECONFIG=$API_FOLDER/kubeconfig
  fi
  for file in crds/*.yaml; do
    kubectl apply --validate=false -f "$file" >&2 # validation would fail on servers that do not know CEL rules
  done
}

# bench_two_nodes: the product on a cluster with two nodes: the running cluster, or one that ends with this script.
bench_two_nodes() {
  if ! bash "$CLUSTER" status 2>/dev/null; then
    trap 'bash "$CLUSTER" down' EXIT
    cluster_up >/dev/null
  fi
  npm_install tests/e2e
  npm_install web # the SDK, for people without pages
  require_cluster
  cluster_install >&2 # loads the images and installs the stores
}

# bench_people JSON OPTION…: what people in calls notice on that cluster.
bench_people() {
  local json=$1
  shift
  bench_two_nodes
  node tests/cluster/timing.mjs $json "$@"
}

# Measures the installation on a cluster with two nodes, and what people in calls notice.
bench_release() {
  local json=$1 started
  end_api_server
  trap - EXIT
  unset KUBECONFIG
  bench_two_nodes
  "$(find_helm)" uninstall meet --namespace "$RELEASE_NAMESPACE" >&2
  kubectl wait --for=delete pods --namespace "$RELEASE_NAMESPACE" --selector app.kubernetes.io/instance=meet --timeout=120s >&2
  started=$(date +%s%N)
  cluster_release >&2
  figure "$json" install.seconds "$(awk -v ns=$(($(date +%s%N) - started)) 'BEGIN { printf "%.1f", ns / 1e9 }')" s 60
  node tests/cluster/timing.mjs $json
}

# figure JSON NAME VALUE UNIT LIMIT: prints one line. In JSON, the peer is the limit, so a ratio below 1 is good.
figure() {
  if [[ -n $1 ]]; then
    awk -v n="$2" -v v="$3" -v u="$4" -v l="$5" 'BEGIN { printf "{\"name\":\"%s\",\"value\":%s,\"unit\":\"%s\",\"peer\":%s,\"ratio\":%.3f}\n", n, v, u, l, v / l }'
  else
    printf '%-20s %s %s (limit %s)\n' "$2" "$3" "$4" "$5"
  fi
}

# Starts an installation in a temporary folder, and removes both at the end of the script.
temporary_installation() {
  MEET_HOME=$(mktemp -d)
  export MEET_HOME MEET_PORT=${MEET_BENCH_PORT:-18080}
  trap 'verb_down; rm -rf "$MEET_HOME"' EXIT
  ./meet up --detach >/dev/null
}

# The time of a warm start, from the command to the response of the page: everything is built and has run before; median of three.
bench_up() {
  local times=() i started
  temporary_installation
  for i in 1 2 3; do
    ./meet down
    started=$(date +%s%N)
    ./meet up --detach >/dev/null
    curl -fsS -o /dev/null "http://localhost:$MEET_PORT/"
    times+=($(( ($(date +%s%N) - started) / 10000000 )))
  done
  figure "$1" up.warm "$(printf '%s\n' "${times[@]}" | sort -n | awk 'NR == 2 { printf "%.2f", $1 / 100 }')" s 10
}

# The resident memory of each process after 30 seconds without a meeting.
bench_memory() {
  local pid exe
  temporary_installation
  sleep 30
  for pid in $(pgrep -P "$(running_pid)"); do
    exe=$(readlink "/proc/$pid/exe")
    case $(basename "$exe") in
      MeetOperator.Operator) figure "$1" memory.operator "$(resident "$pid")" MiB 150 ;;
      MeetOperator.Signaling) figure "$1" memory.signaling "$(resident "$pid")" MiB 200 ;;
      MeetOperator.MediaNode) figure "$1" memory.media-node "$(resident "$pid")" MiB 100 ;;
    esac
  done
}

resident() { awk '/^VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
