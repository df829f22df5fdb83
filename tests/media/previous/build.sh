#!/usr/bin/env bash
# Builds the media node of an earlier version from the Git history, once per machine, and prints the folder of its program.
set -euo pipefail
cd "$(dirname "$0")/../../.."
commit=$(<tests/media/previous/commit)
folder=${MEET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator}/media-node-$commit
mkdir -p "$folder"
exec 9>"$folder/lock"
flock 9
if [[ ! -e $folder/program/MeetOperator.MediaNode.dll ]]; then
  source=$(mktemp -d)
  trap 'rm -rf "$source"' EXIT
  git archive "$commit" media-node infra/runtime Directory.Build.props Directory.Packages.props global.json | tar -x -C "$source"
  rm -rf "$folder/program"
  dotnet build "$source/media-node/MeetOperator.MediaNode" -c Release -o "$folder/new" --nologo -v quiet --disable-build-servers >&2
  mv "$folder/new" "$folder/program"
fi
echo "$folder/program"
