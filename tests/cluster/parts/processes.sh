# Starts and stops processes, each with a log and a PID file. Sourced.

# spawn NAME COMMAND…: starts a process in its own session, so that it outlives the terminal, and closes inherited files, so that it does not hold the locks of the caller.
spawn() {
  local name=$1
  shift
  mkdir -p "$RUN/log" "$RUN/pid"
  (
    for file in "/proc/$BASHPID/fd"/*; do
      file=${file##*/}
      ((file < 3)) || exec {file}>&-
    done
    exec setsid "$@"
  ) >>"$RUN/log/$name" 2>&1 </dev/null &
  echo $! >"$RUN/pid/$name"
}

# pid_of NAME: prints the process ID; fails when the process does not run.
pid_of() {
  local pid
  [[ -f $RUN/pid/$1 ]] || return 1
  pid=$(<"$RUN/pid/$1")
  kill -0 "$pid" 2>/dev/null || return 1
  echo "$pid"
}

# stop_processes SIGNAL NAME…: stops process groups in parallel and waits; those that run for ten more seconds get SIGKILL.
stop_processes() {
  local signal=$1 name pid deadline=$((SECONDS + 10))
  shift
  for name in "$@"; do
    if pid=$(pid_of "$name"); then kill "-$signal" -- "-$pid" 2>/dev/null || true; fi
  done
  for name in "$@"; do
    while pid=$(pid_of "$name"); do
      ((SECONDS < deadline)) || kill -KILL -- "-$pid" 2>/dev/null || true
      sleep 0.02
    done
    rm -f "$RUN/pid/$name"
  done
}
