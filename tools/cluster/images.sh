# Images in the nodes of the cluster. Sourced.

CLUSTER_IMAGES=(operator signaling media-node web stores)

# cluster_load_images [IMAGE…]: builds and loads images; by default, all images of the tests. Unchanged images are not loaded again. `previous` is the media node of the previous version.
cluster_load_images() {
  local images=("$@") archives archive changed=()
  (($# > 0)) || images=("${CLUSTER_IMAGES[@]}")
  require_tools
  require_cluster
  if [[ ${images[*]} == previous ]]; then
    archives=$(previous_media_node)
  else
    archives=$(bash infra/docker/build.sh "${images[@]}")
  fi
  mkdir -p "$CLUSTER_RUN/loaded"
  for archive in $archives; do
    cmp -s "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")" || changed+=("$archive")
  done
  ((${#changed[@]} > 0)) || return 0
  say "loading ${#changed[@]} images into the nodes"
  bash "$CLUSTER" load "${changed[@]}"
  for archive in "${changed[@]}"; do cp "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")"; done
}

# previous_media_node: builds the image media-node:previous from the commit in tests/cluster/previous-version, with the scripts of that commit, once per machine. Prints the path of the archive.
previous_media_node() {
  local commit archive cache=${MEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator}
  commit=$(<tests/cluster/previous-version)
  archive=$cache/images/meet-operator-media-node-previous.tar
  if [[ ! -s $archive || $(cat "$cache/previous-version" 2>/dev/null) != "$commit" ]]; then
    say "building the media node of the previous version"
    rm -rf "$cache/previous"
    git clone --quiet --shared --no-checkout . "$cache/previous"
    git -C "$cache/previous" checkout --quiet "$commit" || die "the commit of tests/cluster/previous-version is not in the Git history; fetch the whole history"
    (cd "$cache/previous" && MEET_ROOT=$PWD MEET_IMAGE_TAG=previous bash infra/docker/build.sh media-node >/dev/null)
    rm -rf "$cache/previous"
    echo "$commit" >"$cache/previous-version"
  fi
  echo "$archive"
}
