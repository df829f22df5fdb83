# The generated CRDs and roles in the chart. They are copies, because Helm reads only files inside the chart.
CHART=charts/meet-operator

# chart_files [--check]: copies the files; with --check, fails when a copy differs.
chart_files() {
  local kind code=0
  for kind in crds rbac; do
    local from=crds to=$CHART/files/$kind
    [[ $kind == crds ]] || from=crds/rbac
    if [[ ${1:-} == --check ]]; then
      diff -u <(cd "$to" && tail -n +1 ./*.yaml) <(cd "$from" && tail -n +1 ./*.yaml) || code=1
    else
      mkdir -p "$to"
      rm -f "$to"/*.yaml
      cp "$from"/*.yaml "$to"
    fi
  done
  node tools/chart/values.mjs "$@" || code=1
  return $code
}
