verb_up() {
  local detach=
  case ${1:-} in
    '') ;;
    --detach) detach=1 ;;
    *) die "unknown option '$1'; usage: ./meet up [--detach]" ;;
  esac
  [[ $MEET_PORT =~ ^[0-9]+$ ]] && (( MEET_PORT >= 1024 && MEET_PORT <= 65535 )) || die "MEET_PORT must be a number from 1024 to 65535, not '$MEET_PORT'"
  require_tools
  require_packages runtime
  build_all
  mkdir -p "$MEET_HOME/logs"
  if [[ -n $(running_pid) && -s $MEET_HOME/banner ]]; then
    say "already running; stop it with ./meet down"
    cat "$MEET_HOME/banner"
    return 0
  fi
  install_programs
  local run=("$MEET_HOME/programs/local/MeetOperator.Local" --home "$MEET_HOME" --port "$MEET_PORT" --programs "$MEET_HOME/programs")
  # A killed process would leave its diagnostics socket in the temporary folder. DOTNET_EnableDiagnostics=1 enables it, for example for dotnet-trace.
  export DOTNET_EnableDiagnostics=${DOTNET_EnableDiagnostics:-0}
  if [[ -z $detach ]]; then exec "${run[@]}"; fi

  rm -f "$MEET_HOME/banner"
  setsid "${run[@]}" >>"$MEET_HOME/logs/local.log" 2>&1 </dev/null &
  local pid=$!
  while kill -0 "$pid" 2>/dev/null && [[ ! -s $MEET_HOME/banner ]]; do sleep 0.05; done
  if [[ -s $MEET_HOME/banner ]]; then
    cat "$MEET_HOME/banner"
  else
    tail -n 20 "$MEET_HOME/logs/local.log" >&2
    die "the process exited before the page responded; full log: $MEET_HOME/logs/local.log"
  fi
}

# Copies the programs into MEET_HOME, so that a later build does not replace the files of running processes.
install_programs() {
  local stamp programs=$MEET_HOME/programs
  stamp="$(<"$STAMPS/products") $(<"$STAMPS/web") $(cat crds/*.yaml | sha256sum)"
  if [[ ! -f $programs/stamp || $(<"$programs/stamp") != "$stamp" ]]; then
    [[ -z $(running_pid) ]] || die "$MEET_HOME is running an older build; stop it with ./meet down first"
    rm -rf "$programs"
    mkdir -p "$programs"
    cp -r operator/MeetOperator.Local/bin/Release/net10.0 "$programs/local"
    cp -r operator/MeetOperator.Operator/bin/Release/net10.0 "$programs/operator"
    cp -r operator/MeetOperator.KubectlMeet/bin/Release/net10.0 "$programs/kubectl-meet"
    cp -r signaling/MeetOperator.Signaling/bin/Release/net10.0 "$programs/signaling"
    cp -r media-node/MeetOperator.MediaNode/bin/Release/net10.0 "$programs/media-node"
    cp -r turn/MeetOperator.Turn/bin/Release/net10.0 "$programs/turn"
    cp -r web/app/dist "$programs/web"
    mkdir "$programs/crds"
    cp crds/*.yaml "$programs/crds"
    echo "$stamp" >"$programs/stamp"
  fi
}

# running_pid: prints the process ID of the running installation in MEET_HOME, or nothing.
running_pid() {
  local pid
  [[ -f $MEET_HOME/local.pid ]] || return 0
  pid=$(<"$MEET_HOME/local.pid")
  if [[ $pid =~ ^[0-9]+$ && -r /proc/$pid/cmdline ]] && tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qxF -- "$MEET_HOME"; then echo "$pid"; fi
}
