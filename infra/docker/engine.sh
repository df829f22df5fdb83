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

# find_debian VERSION [IMAGE]: prints the base image: the given one or Debian's. Without Docker and Podman, it is created from Debian packages, once per machine.
find_debian() {
  local name=localhost/meet-operator/debian:${1%%.*} image=${2:-debian:$1-slim}
  if [[ -n ${2:-} || $engine != buildah ]]; then
    echo "$image"
    return
  fi
  own_buildah inspect --type image "$name" >/dev/null 2>&1 || quietly "$IMAGES/build.log" make_debian "$name" "$1"
  echo "$name"
}

# make_debian NAME VERSION
make_debian() {
  local container suite packages=ca-certificates,tzdata
  case $2 in
    12*) suite=bookworm packages+=,libssl3,busybox-static ;;
    13*) suite=trixie packages+=,libssl3t64 ;;
    *) die "no Debian $2" ;;
  esac
  say "creating a base image of Debian $2"
  # Its apt accepts an index that has expired where the apt of this machine does, whose mirror it uses.
  mmdebstrap --quiet --variant=minbase --include="$packages" --aptopt="$(apt-config dump Acquire::Check-Valid-Until)" "$suite" "$IMAGES/debian.tar"
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
