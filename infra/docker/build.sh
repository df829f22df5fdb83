#!/usr/bin/env bash
# build.sh [IMAGE…]: builds images and writes each as a docker-archive. Images that have not changed are skipped. Prints the paths of the archives.
#   Images: operator signaling media-node turn web (the default), and for the cluster tests stores (PostgreSQL and Redis), coturn, and previous (the media node of the previous version).
#   MEET_IMAGE_TAG  tag (dev)                          MEET_ENGINE  docker, podman or buildah (default: the first that works)
#   MEET_DEBIAN     base image (debian:12.12-slim; with buildah, an image that mmdebstrap creates)
#   MEET_TURN_DEBIAN  the same of the image turn (debian:13-slim), whose coturn needs a newer C library
#   MEET_DOTNET     version of the .NET runtime (10.0.14)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'images: %s\n' "$*" >&2; exit 1; }
source tools/builds.sh
source infra/docker/engine.sh
source infra/docker/contexts.sh

TAG=${MEET_IMAGE_TAG:-dev}
IMAGES=${MEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator}/images
PRODUCTS=(operator signaling media-node turn web)
mkdir -p "$IMAGES"

# image NAME DOCKERFILE CONTEXT [ARGUMENT=VALUE…]: builds the archive unless its inputs are unchanged, and prints its path.
image() {
  local name=$1 file=$2 context=$3 archive argument arguments=() stamp base=
  shift 3
  archive=$IMAGES/$(tr '/:' '--' <<<"${name#localhost/}").tar
  for argument in "$@"; do
    arguments+=(--build-arg "$argument")
    [[ $argument != BASE=* ]] || base=$(<"$IMAGES/meet-operator-base-$TAG.tar.stamp")
  done
  stamp=$(printf '%s\n' "$name" "$engine" "$@" "$(content_stamp "$file" "$context")" "$base" | sha256sum)
  if [[ ! -s $archive || $(cat "$archive.stamp" 2>/dev/null) != "$stamp" ]]; then
    say "building $name"
    rm -f "$archive"
    quietly "$IMAGES/build.log" build_image "$name" "$file" "$context" "${arguments[@]}"
    quietly "$IMAGES/build.log" save_image "$name" "$archive"
    echo "$stamp" >"$archive.stamp"
    built=1
  fi
  echo "$archive"
}

product_image() {
  case $1 in
    web) web_context && image "localhost/meet-operator/web:$TAG" infra/docker/web.Dockerfile "$CONTEXTS/web" "DEBIAN=$debian" ;;
    operator | signaling | media-node)
      image "localhost/meet-operator/$1:$TAG" "infra/docker/$1.Dockerfile" "$CONTEXTS/$1" "BASE=localhost/meet-operator/base:$TAG" ;;
    turn)
      image "localhost/meet-operator/turn:$TAG" infra/docker/turn.Dockerfile "$CONTEXTS/turn" "BASE=localhost/meet-operator/base:$TAG" "DEBIAN=$(find_debian 13 "${MEET_TURN_DEBIAN:-}")" ;;
    stores) stores_context && image "localhost/meet-test/stores:$TAG" tests/cluster/images/stores.Dockerfile "$CONTEXTS/stores" ;;
    previous)
      previous_context && image "localhost/meet-operator/media-node:previous" infra/docker/media-node.Dockerfile "$CONTEXTS/previous" "BASE=localhost/meet-operator/base:$TAG" ;;
    coturn) image "localhost/meet-test/coturn:$TAG" tests/cluster/images/coturn.Dockerfile tests/cluster/images "DEBIAN=$debian" ;;
    *) die "unknown image '$1'; known images: ${PRODUCTS[*]} stores coturn previous" ;;
  esac
}

wanted=("$@")
(($# > 0)) || wanted=("${PRODUCTS[@]}")
# One build at a time. The lock is released explicitly, because compiler servers that keep running hold the file open.
exec 8>"$IMAGES/lock"
flock 8
share_compiler
trap 'end_compiler; flock -u 8' EXIT
built=
engine=$(find_engine)
debian=$(find_debian 12.12 "${MEET_DEBIAN:-}")
if [[ " ${wanted[*]} " =~ \ (operator|signaling|media-node|turn|previous)\  ]]; then
  program_contexts
  image "localhost/meet-operator/base:$TAG" infra/docker/base.Dockerfile "$CONTEXTS/base" "DEBIAN=$debian" >/dev/null
fi
for one in "${wanted[@]}"; do product_image "$one"; done
if [[ -n $built ]]; then remove_old_images; fi
