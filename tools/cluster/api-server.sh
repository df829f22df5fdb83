# The API server of Kubernetes 1.20 without nodes. Sourced.

# start_api_server: starts the server, with administrator access in $API_FOLDER/kubeconfig. It ends with the script or with end_api_server.
start_api_server() {
  local answer
  API_FOLDER=$(mktemp -d)
  coproc API { exec bash tests/cluster/api-server.sh "$API_FOLDER"; }
  API_INPUT=${API[1]} API_PROCESS=$API_PID
  trap end_api_server EXIT
  read -r answer <&"${API[0]}" && [[ $answer == ready ]] || die "the API server did not start"
}

# The server ends when its standard input is closed.
end_api_server() {
  eval "exec $API_INPUT>&-"
  wait "$API_PROCESS" || true
  rm -rf "$API_FOLDER"
}
