# What goes into the images: the published programs, split into what they share and what is their own, and the built page. Sourced.

ARTIFACTS=obj/meet/artifacts
CONTEXTS=obj/meet/contexts

# content_stamp PATH…: the same for the same names and bytes, whenever they were written.
content_stamp() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# quietly LOG COMMAND…: shows the end of the log when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "failed: $*"; }
}

# The runtime's version comes through the environment, as a property of MSBuild.
publish_programs() {
  local version=${MEET_DOTNET:-10.0.14}
  once programs "$version $(source_stamp kube crds operator signaling media-node infra/runtime Directory.Build.props Directory.Packages.props infra/docker/programs.proj)" \
    "$(published MediaNode)" publish_anew "$version"
}

publish_anew() {
  rm -rf "$ARTIFACTS/publish"
  RuntimeFrameworkVersion=$1 dotnet build infra/docker/programs.proj -p:ArtifactsPath="$PWD/$ARTIFACTS" -p:SatelliteResourceLanguages=en --nologo -v quiet
}

published() { echo "$ARTIFACTS/publish/MeetOperator.$1/release_linux-x64"; }

# The base's runtime is what all three have alike and what is not ours; hard links, so nothing is copied.
program_contexts() {
  local file
  publish_programs
  rm -rf "$CONTEXTS"/{base,operator,signaling,media-node}
  mkdir -p "$CONTEXTS"/{base/runtime,operator,signaling,media-node}
  cp -rl "$(published Operator)" "$CONTEXTS/operator/operator"
  cp -rl "$(published Signaling)" "$CONTEXTS/signaling/signaling"
  cp -rl "$(published MediaNode)" "$CONTEXTS/media-node/media-node"
  cp -l "$(published Probe)"/MeetOperator.Probe* "$CONTEXTS/media-node/media-node/" # all else that it needs is the node's as well
  while IFS= read -r file; do
    if cmp -s "$CONTEXTS"/{operator/operator,signaling/signaling}/"$file" && cmp -s "$CONTEXTS"/{operator/operator,media-node/media-node}/"$file"; then
      mkdir -p "$CONTEXTS/base/runtime/$(dirname "$file")"
      mv "$CONTEXTS/operator/operator/$file" "$CONTEXTS/base/runtime/$file"
      rm "$CONTEXTS"/{signaling/signaling,media-node/media-node}/"$file"
    fi
  done < <(cd "$(published Operator)" && find . -type f ! -name 'MeetOperator.*' -printf '%P\n')
}

web_context() {
  build_web
  rm -rf "$CONTEXTS/web"
  mkdir -p "$CONTEXTS/web"
  cp -r web/app/dist "$CONTEXTS/web/web"
}
