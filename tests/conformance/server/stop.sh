#!/usr/bin/env bash
# stop.sh FOLDER: ends what start.sh FOLDER started, and nothing else.
set -euo pipefail
run=$(cd "${1:?usage: stop.sh FOLDER}" && pwd)
for name in apiserver etcd; do
  [[ -s $run/$name.pid ]] || continue
  pid=$(<"$run/$name.pid")
  rm -f "$run/$name.pid"
  # A number may be somebody else's by now: ours names the folder on its command line.
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$run/" || continue
  kill -TERM "$pid" 2>/dev/null || continue
  for ((waited = 0; waited < 100; waited++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
done
