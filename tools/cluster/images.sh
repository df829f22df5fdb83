# Images in the nodes of the cluster. Sourced.

CLUSTER_IMAGES=(operator signaling media-node turn web stores)

# cluster_load_images [IMAGE…]: builds and loads images; by default, all images of the tests. Unchanged images are not loaded again.
cluster_load_images() {
  local images=("$@") archives archive changed=()
  (($# > 0)) || images=("${CLUSTER_IMAGES[@]}")
  require_tools
  require_cluster
  archives=$(bash infra/docker/build.sh "${images[@]}")
  mkdir -p "$CLUSTER_RUN/loaded"
  for archive in $archives; do
    cmp -s "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")" || changed+=("$archive")
  done
  ((${#changed[@]} > 0)) || return 0
  say "loading ${#changed[@]} images into the nodes"
  bash "$CLUSTER" load "${changed[@]}"
  for archive in "${changed[@]}"; do cp "$archive.stamp" "$CLUSTER_RUN/loaded/$(basename "$archive")"; done
}
