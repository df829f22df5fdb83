source infra/scripts/verbs/down.sh

BENCH=tests/bench/MeetOperator.Bench

# verb_bench NAME [--json]: figures beside a peer or a limit. `up` is measured here, the rest by the bench program.
verb_bench() {
  local name=${1:-} json=
  [[ $name =~ ^[a-z]+$ ]] || die "usage: ./meet bench media|operator|memory|up [--json]"
  [[ ${2:-} != --json ]] || json=--json
  require_tools
  require_packages runtime test
  if [[ $name == up ]]; then bench_up "$json"; return; fi
  dotnet build $BENCH -c Release --nologo -v quiet >&2
  exec dotnet $BENCH/bin/Release/net10.0/MeetOperator.Bench.dll "$name" ${json:+--json}
}

# Warm start: built before, a home that ran before; from the command to the page, median of three.
bench_up() {
  local times=() i started
  MEET_HOME=$(mktemp -d)
  export MEET_HOME MEET_PORT=18080
  trap 'verb_down; rm -rf "$MEET_HOME"' EXIT
  ./meet up --detach >/dev/null
  for i in 1 2 3; do
    ./meet down
    started=$(date +%s%N)
    ./meet up --detach >/dev/null
    curl -fsS -o /dev/null "http://localhost:$MEET_PORT/"
    times+=($(( ($(date +%s%N) - started) / 1000000 )))
  done
  local median
  median=$(printf '%s\n' "${times[@]}" | sort -n | sed -n 2p)
  if [[ -n $1 ]]; then
    awk -v ms="$median" 'BEGIN { printf "{\"name\":\"up.warm\",\"value\":%.2f,\"unit\":\"s\",\"peer\":10,\"ratio\":%.3f}\n", ms / 1000, ms / 10000 }'
  else
    awk -v ms="$median" 'BEGIN { printf "warm ./meet up to an answering page: %.2f s (limit 10 s)\n", ms / 1000 }'
  fi
}
