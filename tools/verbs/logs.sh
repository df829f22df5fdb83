source tools/verbs/down.sh

# verb_logs PART [OPTION…]: prints the log of a part of the running installation in MEET_HOME. Passes options to `kubectl logs`.
verb_logs() {
  local part=${1:-} option all pods
  [[ -n $part && $part != -* ]] || die "usage: ./meet logs PART [-f | --follow] [--previous] [--tail=N]; parts: api-server operator signaling media-node, or the name of a Pod"
  shift
  for option in "$@"; do
    [[ $option =~ ^(-f|--follow|-p|--previous|--timestamps|--(tail|since)=[0-9a-z-]+)$ ]] || die "unknown option '$option'; usage: ./meet logs PART [-f | --follow] [--previous] [--tail=N] [--since=5m] [--timestamps]"
  done
  if [[ $part == api-server ]]; then host_log "$@"; return; fi
  [[ -n $(running_pid) ]] || die "nothing runs in $MEET_HOME; the logs of the last run are in $MEET_HOME/runtime/pods"
  [[ -z $(kubectl_problem) ]] || die "$(kubectl_problem)"
  export KUBECONFIG=$MEET_HOME/kubeconfig
  all=$(pods_with_components)
  mapfile -t pods < <(awk -F , -v part="$part" '$1 == part || $3 == part { print $2 "/" $3 }' <<<"$all")
  case ${#pods[@]} in
    0) die "unknown part '$part'; parts: api-server $(awk -F , '{ print $1; print $3 }' <<<"$all" | sort -u | paste -sd' ')" ;;
    1) exec kubectl logs --namespace "${pods[0]%/*}" "${pods[0]#*/}" "$@" ;;
    *) logs_of_several "$@" ;;
  esac
}

# Prints a line for each Pod: component, namespace and name, separated by commas.
pods_with_components() {
  kubectl get pods --all-namespaces -o 'jsonpath={range .items[*]}{.metadata.labels.meetoperator\.io/component},{.metadata.namespace},{.metadata.name}{"\n"}{end}'
}

# logs_of_several [OPTION…]: the logs of all `pods`; each line begins with its Pod.
logs_of_several() {
  local pod
  trap 'kill $(jobs -p) 2>/dev/null || true' EXIT
  for pod in "${pods[@]}"; do kubectl logs --namespace "${pod%/*}" "${pod#*/}" --prefix "$@" & done
  wait
}

# The host process contains the API server and the process runtime. In a terminal it writes there; `up --detach` and `dev` write to a file.
host_log() {
  local option options=(-n +1) file=$MEET_HOME/logs/local.log
  for option in "$@"; do
    case $option in
      -f | --follow) options+=(-F) ;;
      --tail=*) options[1]=${option#--tail=} ;;
      *) die "option '$option' is not supported for api-server, whose log is the file $file" ;;
    esac
  done
  [[ -e $file ]] || die "$file does not exist; only ./meet up --detach and ./meet dev write it, and ./meet up writes to its terminal"
  exec tail "${options[@]}" "$file"
}
