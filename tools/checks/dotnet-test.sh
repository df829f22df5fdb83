#!/usr/bin/env bash
# dotnet-test.sh RESULTS PROJECT [FILTER]: runs one built test project, or its tests that match the filter of `dotnet test`, and writes a trx file. Prints the output at the end, so that the outputs of parallel projects do not mix.
set -uo pipefail
name=$(basename "$2" .csproj)
log="$1/$name.log"
timeout 1800 dotnet test "$2" ${3:+--filter "$3"} -c Release --no-build --nologo -v quiet --logger "trx;LogFileName=$name.trx" --results-directory "$1" --blame-hang-timeout 5m >"$log" 2>&1
code=$?
if ((code == 0)); then tail -n 1 "$log"; else cat "$log"; fi
# A project that crashed without results must not look like a project without tests.
[[ -s $1/$name.trx ]] || echo "$name exited with code $code and without results" >"$1/$name.failed"
exit "$code"
