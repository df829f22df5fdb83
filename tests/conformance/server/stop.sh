#!/usr/bin/env bash
# stop.sh FOLDER: stops the processes of start.sh FOLDER.
set -euo pipefail
run=$(cd "${1:?usage: stop.sh FOLDER}" && pwd)
for name in apiserver etcd; do
  [[ -s $run/$name.pid ]] || continue
  pid=$(<"$run/$name.pid")
  rm -f "$run/$name.pid"
  # The PID may belong to another process by now; the right process has the folder on its command line.
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$run/" || continue
  kill -TERM "$pid" 2>/dev/null || continue
  for ((waited = 0; waited < 100; waited++)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null || true
done
