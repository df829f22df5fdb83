# Images in the nodes of the cluster. Sourced.

CLUSTER_IMAGES=(operator signaling media-node web stores)

# cluster_load_images [IMAGE…]: all that the tests use, without names. What a node has already is not loaded again.
cluster_load_images() {
  local images=("$@") archives archive fresh=()
  (($# > 0)) || images=("${CLUSTER_IMAGES[@]}")
  require_tools
  require_cluster
  archives=$(bash infra/docker/build.sh "${images[@]}")
  mkdir -p "$CLUSTER_RUN/loaded"
  for archive in $archives; do
    cmp -s "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")" || fresh+=("$archive")
  done
  ((${#fresh[@]} > 0)) || return 0
  say "loading ${#fresh[@]} images into the nodes"
  bash "$CLUSTER" load "${fresh[@]}"
  for archive in "${fresh[@]}"; do cp "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")"; done
}
