# What goes into the images: the published programs, split into what they share and what is their own, and the built page. Sourced.

PUBLISHED=obj/meet/published
CONTEXTS=obj/meet/contexts
NODE_CONTROL=media-node/MeetOperator.NodeControl

# content_stamp PATH…: the same for the same names and bytes, whenever they were written.
content_stamp() { find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1; }

# quietly LOG COMMAND…: shows the end of the log when the command fails.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { tail -n 40 "$log" >&2; die "failed: $*"; }
}

# publish PART PROJECT SOURCE…: self-contained, and beside the ordinary builds, so that neither disturbs the other.
publish() {
  local part=$1 project=$2
  shift 2
  once "publish-$part" "${MEET_DOTNET:-10.0.14} $(source_stamp "$@" Directory.Build.props Directory.Packages.props)" "$PUBLISHED/$part" publish_anew "$part" "$project"
}

publish_anew() {
  rm -rf "${PUBLISHED:?}/$1"
  dotnet publish "$2" -c Release -r linux-x64 --self-contained -p:RuntimeFrameworkVersion="${MEET_DOTNET:-10.0.14}" -p:GenerateDocumentationFile=false -p:RunAnalyzers=false \
    -p:SatelliteResourceLanguages=en \
    --artifacts-path obj/meet/artifacts --output "$PUBLISHED/$1" --nologo -v quiet
}

# The base's runtime is what all three have alike and what is not ours; hard links, so nothing is copied.
program_contexts() {
  local part file
  publish operator operator/MeetOperator.Operator kube crds operator "$NODE_CONTROL"
  publish signaling signaling/MeetOperator.Signaling kube crds signaling "$NODE_CONTROL"
  publish media-node media-node/MeetOperator.MediaNode media-node
  publish probe media-node/MeetOperator.Probe media-node
  rm -rf "$CONTEXTS"/{base,operator,signaling,media-node}
  mkdir -p "$CONTEXTS/base/runtime"
  for part in operator signaling media-node; do
    mkdir -p "$CONTEXTS/$part"
    cp -rl "$PUBLISHED/$part" "$CONTEXTS/$part/$part"
  done
  cp -l "$PUBLISHED"/probe/MeetOperator.Probe* "$CONTEXTS/media-node/media-node/" # all else that it needs is the node's as well
  while IFS= read -r file; do
    if cmp -s "$PUBLISHED"/{operator,signaling}/"$file" && cmp -s "$PUBLISHED"/{operator,media-node}/"$file"; then
      mkdir -p "$CONTEXTS/base/runtime/$(dirname "$file")"
      mv "$CONTEXTS/operator/operator/$file" "$CONTEXTS/base/runtime/$file"
      rm "$CONTEXTS"/{signaling/signaling,media-node/media-node}/"$file"
    fi
  done < <(cd "$PUBLISHED/operator" && find . -type f ! -name 'MeetOperator.*' -printf '%P\n')
}

web_context() {
  build_web
  rm -rf "$CONTEXTS/web"
  mkdir -p "$CONTEXTS/web"
  cp -r web/app/dist "$CONTEXTS/web/web"
}
