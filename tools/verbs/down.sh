source tools/verbs/up.sh

verb_down() {
  local pid waited=0
  pid=$(running_pid)
  if [[ -z $pid ]]; then
    say "no processes of $MEET_HOME are running"
    return 0
  fi
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    (( waited++ < 300 )) || { say "process $pid did not exit within 15 s; sending SIGKILL"; kill -KILL "$pid"; break; }
    sleep 0.05
  done
  say "stopped"
}
