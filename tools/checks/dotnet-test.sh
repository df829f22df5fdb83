#!/usr/bin/env bash
# dotnet-test.sh RESULTS PROJECT [FILTER]: runs one built test project, or its tests that match the filter of `dotnet test`, and writes a trx file. Prints the output at the end, so that the outputs of parallel projects do not mix.
# Parts of one project with different filters have different reports.
# With SECOND_RUN=1, a few failed tests run once more (see sum.mjs).
set -uo pipefail
name=$(basename "$2" .csproj)
report=$name${3:+-$(cksum <<<"$3" | cut -d' ' -f1)}
trx=$1/$report.trx
log=$1/$report.log

# tests TRX [FILTER]: runs the project, or its tests that match the filter. The log names tests that take longer than two minutes; --blame-hang would start one more
# process for each project.
tests() {
  timeout 1200 dotnet test "$assembly" ${2:+--filter "$2"} --nologo --logger "trx;LogFileName=$1" --logger "console;verbosity=quiet" --results-directory "$results" \
    -- xUnit.DiagnosticMessages=true xUnit.LongRunningTestSeconds=120
}

results=$1
# The assembly and not the project, which MSBuild would evaluate first.
assembly=$(dirname "$2")/bin/Release/net10.0/$name.dll
tests "$report.trx" "${3:-}" >"$log" 2>&1
code=$?
if ((code == 0)); then tail -n 1 "$log"; else cat "$log"; fi
# A project that crashed without results must not look like a project without tests.
[[ -s $trx ]] || echo "$report exited with code $code and without results" >"$1/$report.failed"
if ((code != 0)) && [[ ${SECOND_RUN:-} == 1 && -s $trx ]] && filter=$(node tools/results/failures.mjs "$trx") && [[ -n $filter ]]; then
  echo "==> second run: $filter"
  tests "$report.trx.second" "$filter"
  code=$?
fi
exit "$code"
