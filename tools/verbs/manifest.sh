# verb_manifest [OPTION…]: prints the objects of the chart as one file for `kubectl apply -f`, without Helm hooks. Passes options to `helm template`.
verb_manifest() {
  require_tools
  npm_install tests/chart
  local helm=tests/chart/node_modules/.bin/helm namespace=${MEET_NAMESPACE:-meet-system}
  printf 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n' "$namespace"
  (cd "$MEET_CALLER_DIR" && "$MEET_ROOT/$helm" template meet "$MEET_ROOT/charts/meet-operator" --namespace "$namespace" --no-hooks "$@")
}
