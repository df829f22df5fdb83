# Docker, Podman or Buildah behind three functions. Sourced.

find_engine() {
  if [[ -n ${MEET_ENGINE:-} ]]; then
    echo "$MEET_ENGINE"
  elif command -v docker >/dev/null && docker info >/dev/null 2>&1; then
    echo docker
  elif command -v podman >/dev/null; then
    echo podman
  elif command -v buildah >/dev/null; then
    echo buildah
  else
    die "building images needs Docker, Podman or Buildah, and none of them works on this machine"
  fi
}

# Buildah with its storage in the cache folder; the vfs driver needs no overlay support.
own_buildah() {
  local verb=$1
  shift
  buildah "$verb" --root "$IMAGES/storage" --runroot "$IMAGES/run" --storage-driver vfs "$@"
}

# find_debian: prints the base image of all images. Without Docker and Podman, the image is created from Debian packages, once per machine.
find_debian() {
  local name=localhost/meet-operator/debian:12
  if [[ -n ${MEET_DEBIAN:-} || $engine != buildah ]]; then
    echo "${MEET_DEBIAN:-debian:12.12-slim}"
    return
  fi
  own_buildah inspect --type image "$name" >/dev/null 2>&1 || quietly "$IMAGES/build.log" make_debian "$name"
  echo "$name"
}

make_debian() {
  local container
  say "creating a Debian base image"
  mmdebstrap --quiet --variant=minbase --include=libssl3,ca-certificates,tzdata,busybox-static bookworm "$IMAGES/debian.tar"
  container=$(own_buildah from scratch)
  own_buildah add --quiet "$container" "$IMAGES/debian.tar" /
  own_buildah commit --quiet --rm "$container" "$1"
  rm "$IMAGES/debian.tar"
}

# build_image NAME DOCKERFILE CONTEXT [--build-arg …]
build_image() {
  local name=$1 file=$2 context=$3
  shift 3
  case $engine in
    buildah) own_buildah build --isolation chroot --layers --pull-never --tag "$name" --file "$file" "$@" "$context" ;;
    *) "$engine" build --tag "$name" --file "$file" "$@" "$context" ;;
  esac
}

# save_image NAME FILE
save_image() {
  case $engine in
    buildah) own_buildah push --quiet "$1" "docker-archive:$2:$1" ;;
    *) "$engine" save --output "$2" "$1" ;;
  esac
}

# remove_old_images: removes replaced images and the remains of failed builds. The stores of Docker and Podman belong to their users and stay unchanged.
remove_old_images() {
  [[ $engine == buildah ]] || return 0
  own_buildah rm --all >/dev/null 2>&1 || true
  own_buildah rmi --prune >/dev/null 2>&1 || say "some old images could not be removed from $IMAGES/storage"
}
