#!/usr/bin/env bash
# Builds the apiextensions API server of current Kubernetes from Go source packages of Debian unstable into $CACHE/bin, together with etcd, once per
# machine. Installs nothing and needs no root: apt uses a separate configuration, package lists and status.
set -euo pipefail
CACHE=${CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/meet-operator/apiextensions}
SOURCES="golang-k8s-apiextensions-apiserver-dev golang-go etcd-server"

mkdir -p "$CACHE"
exec 8>"$CACHE/lock"
flock 8
if [[ -x $CACHE/bin/apiextensions-apiserver && -x $CACHE/bin/etcd && -s $CACHE/bin/version ]]; then exit 0; fi

work=$CACHE/work
rm -rf "$work" "$CACHE/bin"
mkdir -p "$work"/{apt/lists/partial,apt/archives/partial,root} "$CACHE/bin"
: >"$work/apt/status"

# The Debian mirror of this machine, or the default mirror.
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null | grep -m 1 -E '/debian/?$' || echo http://deb.debian.org/debian)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror sid main" >"$work/apt/sid.list"
own_apt() {
  apt-get -qq -o APT::Sandbox::User="$(id -un)" -o APT::Install-Recommends=false -o Acquire::Languages=none \
    -o Dir::Etc::sourcelist="$work/apt/sid.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
    -o Dir::State="$work/apt" -o Dir::State::status="$work/apt/status" -o Dir::State::lists="$work/apt/lists" \
    -o Dir::Cache="$work/apt" -o Dir::Cache::archives="$work/apt/archives" -o Debug::NoLocking=true "$@"
}

echo "downloading the Go sources of the Kubernetes API server and a Go compiler (about 340 MB)" >&2
own_apt update
own_apt install -y -d $SOURCES >"$work/download.log"

version=$(basename "$(echo "$work"/apt/archives/golang-k8s-apiextensions-apiserver-dev_*.deb)" | cut -d_ -f2)

# Unpacks only Go packages and etcd; the other of the 350 packages belong to a system that is not installed.
for package in "$work"/apt/archives/{golang-,etcd-server}*.deb; do dpkg-deb -x "$package" "$work/root"; done
rm -rf "$work/apt/archives" "$work/apt/lists"

GOROOT=$(echo "$work"/root/usr/lib/go-1.*)
export GOROOT GOPATH=$work/root/usr/share/gocode GOCACHE=$work/gocache GOTMPDIR=$work GO111MODULE=off CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-buildvcs=false
echo "building the API server (2 to 6 minutes)" >&2
"$GOROOT/bin/go" build -ldflags '-s -w' -o "$work/apiextensions-apiserver" k8s.io/apiextensions-apiserver

cp "$work/root/usr/bin/etcd" "$work/apiextensions-apiserver" "$CACHE/bin/"
echo "$version" >"$CACHE/bin/version"
rm -rf "$work"
