# The build contexts of the images: the published programs, split into shared and own files, and the built page. Sourced.

ARTIFACTS=obj/meet/artifacts
CONTEXTS=obj/meet/contexts

# content_stamp PATH…: a hash of the names and contents of the files; modification times have no influence.
content_stamp() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# quietly LOG COMMAND…: writes the output to the log, and shows the end of the log when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "failed: $*"; }
}

# MSBuild reads the property with the runtime version from the environment.
publish_programs() {
  local version=${MEET_DOTNET:-10.0.14}
  build_if_changed programs "$version $(source_stamp kube crds operator signaling media-node turn infra/runtime Directory.Build.props Directory.Packages.props infra/docker/programs.proj)" \
    "$(published MediaNode)" publish_all "$version"
}

publish_all() {
  local machine_code=false
  fetch_precompiler "$1"
  [[ ! -f obj/meet/precompiler-$1 ]] || machine_code=true
  rm -rf "$ARTIFACTS/publish"
  RuntimeFrameworkVersion=$1 dotnet build infra/docker/programs.proj -p:ArtifactsPath="$PWD/$ARTIFACTS" -p:SatelliteResourceLanguages=en -p:PublishReadyToRun=$machine_code --nologo -v quiet
}

published() { echo "$ARTIFACTS/publish/MeetOperator.$1/release_linux-x64"; }

# The shared runtime consists of the files that are the same in all three programs and do not belong to the product. Hard links avoid copies.
program_contexts() {
  local file
  publish_programs
  rm -rf "$CONTEXTS"/{base,operator,signaling,media-node,turn}
  mkdir -p "$CONTEXTS"/{base/runtime,operator,signaling,media-node,turn}
  cp -rl "$(published Operator)" "$CONTEXTS/operator/operator"
  cp -l "$(published KubectlMeet)"/kubectl-meet* "$CONTEXTS/operator/operator/" # the operator contains all other files that it needs, for checks inside the cluster
  cp -rl "$(published Signaling)" "$CONTEXTS/signaling/signaling"
  cp -rl "$(published MediaNode)" "$CONTEXTS/media-node/media-node"
  cp -rl "$(published Turn)" "$CONTEXTS/turn/turn"
  cp -l "$(published Probe)"/MeetOperator.Probe* "$CONTEXTS/media-node/media-node/" # the media node contains all other files that the probe needs
  while IFS= read -r file; do
    if cmp -s "$CONTEXTS"/{operator/operator,signaling/signaling}/"$file" && cmp -s "$CONTEXTS"/{operator/operator,media-node/media-node}/"$file"; then
      mkdir -p "$CONTEXTS/base/runtime/$(dirname "$file")"
      mv "$CONTEXTS/operator/operator/$file" "$CONTEXTS/base/runtime/$file"
      rm "$CONTEXTS"/{signaling/signaling,media-node/media-node}/"$file"
      if cmp -s "$CONTEXTS/base/runtime/$file" "$CONTEXTS/turn/turn/$file"; then rm "$CONTEXTS/turn/turn/$file"; fi
    fi
  done < <(cd "$(published Operator)" && find . -type f ! -name 'MeetOperator.*' -printf '%P\n')
}

# The media node of the commit in tests/cluster/previous-version, with its probe. Its files replace those of the base image.
previous_context() {
  build_if_changed previous "$(<tests/cluster/previous-version) ${MEET_DOTNET:-10.0.14}" "$CONTEXTS/previous/media-node/MeetOperator.MediaNode" publish_previous "${MEET_DOTNET:-10.0.14}"
}

publish_previous() {
  local source=$CONTEXTS/previous-source program
  rm -rf "$CONTEXTS/previous" "$source"
  git clone --quiet --shared --no-checkout . "$source"
  git -C "$source" checkout --quiet "$(<tests/cluster/previous-version)" || die "the commit of tests/cluster/previous-version is not in the Git history; fetch all of it"
  for program in MediaNode Probe; do
    RuntimeFrameworkVersion=$1 dotnet publish "$source/media-node/MeetOperator.$program" -c Release -r linux-x64 --self-contained true -p:RunAnalyzers=false -p:SatelliteResourceLanguages=en \
      -o "$CONTEXTS/previous/media-node" --nologo -v quiet
  done
  rm -rf "$source"
}

web_context() {
  build_web
  rm -rf "$CONTEXTS/web"
  mkdir -p "$CONTEXTS/web"
  cp -r web/app/dist "$CONTEXTS/web/web"
}

# The stores of the cluster tests are copied from this machine, which takes two seconds; installing the packages again inside a build takes minutes.
stores_context() {
  [[ -x /usr/lib/postgresql/15/bin/postgres && -x /usr/bin/redis-server && -x /bin/busybox ]] \
    || die "the image 'stores' is built from the installed packages postgresql-15, redis-server and busybox-static; install them"
  rm -rf "$CONTEXTS/stores"
  mkdir -p "$CONTEXTS/stores/files"
  cp tests/cluster/images/postgres.sh "$CONTEXTS/stores/"
  sh tests/cluster/images/collect.sh "$PWD/$CONTEXTS/stores/files" /usr/bin/redis-server /usr/lib/postgresql/15/bin/postgres /usr/lib/postgresql/15/bin/initdb \
    /usr/lib/postgresql/15/lib /usr/share/postgresql/15 /usr/share/zoneinfo/Etc /usr/lib/locale/C.utf8
}
