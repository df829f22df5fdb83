# Processes of the control plane: each has a log and a pid file. Sourced.

# spawn NAME COMMAND…: in a session of its own, so that it outlives the terminal, and without the caller's open files: a lock among them would be held for ever.
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

# pid_of NAME: the process, while it lives.
pid_of() {
  local pid
  [[ -f $RUN/pid/$1 ]] || return 1
  pid=$(<"$RUN/pid/$1")
  kill -0 "$pid" 2>/dev/null || return 1
  echo "$pid"
}

# halt SIGNAL NAME…: ends them, with what they started, together and waits; what does not leave within ten seconds is killed.
halt() {
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
