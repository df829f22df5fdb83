source infra/scripts/verbs/up.sh

verb_down() {
  local pid waited=0
  pid=$(running_pid)
  if [[ -z $pid ]]; then
    say "nothing of $MEET_HOME is running"
    return 0
  fi
  kill -TERM "$pid"
  while kill -0 "$pid" 2>/dev/null; do
    (( waited++ < 300 )) || { say "process $pid did not leave within 15 s: killing it"; kill -KILL "$pid"; break; }
    sleep 0.05
  done
  say "stopped"
}
