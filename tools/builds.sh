# Builds of the product, which are skipped when nothing has changed. Sourced.

source tools/compiler.sh

STAMPS=obj/meet

# source_stamp PATH…: a hash that changes when a file in the paths is added, removed or edited.
source_stamp() {
  find "$@" \( -name bin -o -name obj -o -name node_modules -o -name dist \) -prune -o -type f ! -name "*.md" -printf '%p %s %T@\n' | LC_ALL=C sort | sha256sum | cut -d' ' -f1
}

# build_if_changed NAME STAMP OUTPUT COMMAND…: runs COMMAND unless NAME was built with this STAMP and OUTPUT exists.
build_if_changed() {
  local name=$1 stamp=$2 output=$3
  shift 3
  mkdir -p "$STAMPS"
  if [[ -e $output && -f $STAMPS/$name && $(<"$STAMPS/$name") == "$stamp" ]]; then return 0; fi
  say "building $name"
  local log=$STAMPS/$name.log started=$SECONDS
  if ! "$@" >"$log" 2>&1; then
    tail -n 40 "$log" >&2
    die "building $name failed; full log: $log"
  fi
  echo "$stamp" >"$STAMPS/$name"
  say "built $name in $((SECONDS - started)) s"
}

build_products() {
  build_if_changed products "$(source_stamp kube crds operator signaling media-node turn infra/runtime Directory.Build.props Directory.Packages.props tools/products.slnf)" \
    operator/MeetOperator.Local/bin/Release/net10.0/MeetOperator.Local.dll \
    with_compiler dotnet build tools/products.slnf -c Release --nologo -v quiet
}

# solution_filter NAME PROJECT…: writes $STAMPS/NAME.slnf with these projects, so that one build builds all of them.
solution_filter() {
  local name=$1
  shift
  mkdir -p "$STAMPS"
  printf '{ "solution": { "path": "../../MeetOperator.sln", "projects": [%s] } }\n' "$(printf '"%s"\n' "${@//\//\\\\}" | paste -sd,)" >"$STAMPS/$name.slnf"
}

npm_install() {
  build_if_changed "npm-${1//\//-}" "$(sha256sum "$1/package-lock.json" | cut -d' ' -f1)" "$1/node_modules" npm ci --prefix "$1" --no-audit --no-fund --loglevel=error
}

build_web() {
  npm_install web
  build_if_changed web "$(source_stamp web)" web/app/dist/index.html npm --prefix web run build
}

# Builds everything that `up` runs. The lock prevents concurrent builds.
build_all() {
  mkdir -p "$STAMPS"
  exec 9>"$STAMPS/lock"
  flock 9
  build_products
  build_web
  flock -u 9
  exec 9>&-
}
