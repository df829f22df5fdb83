#!/usr/bin/env bash
# build.sh: builds Kubernetes 1.20 from the Debian source package into $MEET_KUBERNETES/bin, once per machine and again when this script changes. Takes three to five minutes on two cores.
set -euo pipefail
SCRIPT=$(realpath "${BASH_SOURCE[0]}")
source "$(dirname "${BASH_SOURCE[0]}")/parts/settings.sh"

BINARIES=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)
WORK=$MEET_KUBERNETES/work

# Compares this script with the copy beside the binaries that it built.
is_built() { cmp -s "$SCRIPT" "$MEET_KUBERNETES/bin/built-by"; }

# Fetches the source package with a separate apt configuration, which leaves the system unchanged.
fetch_source() {
  local mirror suite options
  mirror=$(apt-cache policy golang-go | grep -oE 'https?://[^ ]+' | head -n 1)
  suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
  [[ -n $mirror && $suite == bookworm ]] || die "Kubernetes is built from the source package of Debian 12; this is ${suite:-an unknown system}"
  mkdir -p "$WORK/lists/partial" "$WORK/source"
  echo "deb-src $mirror $suite main" >"$WORK/source.list"
  options=(-o "Dir::Etc::sourcelist=$WORK/source.list" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State::lists=$WORK/lists")
  apt-get "${options[@]}" update -qq
  (cd "$WORK/source" && apt-get "${options[@]}" source -qq kubernetes)
  mkdir -p "$GOPATH/src/k8s.io"
  mv "$WORK"/source/kubernetes-*/ "$GOPATH/src/k8s.io/kubernetes"
}

# reflect2 1.0.1 does not work with Go 1.18 and later: the API server would crash at the first server-side apply.
replace_reflect2() {
  rm -rf vendor/github.com/modern-go/reflect2
  cp -rL /usr/share/gocode/src/github.com/modern-go/reflect2 vendor/github.com/modern-go/reflect2
}

# This kubelet checks for ended Pods every ten seconds and removes their sandboxes every minute. Current kubelets do both immediately.
shorten_periods() {
  replace_constant pkg/kubelet/status/status_manager.go 'syncPeriod = 10 \* time.Second' 'syncPeriod = time.Second'
  replace_constant pkg/kubelet/kubelet.go 'ContainerGCPeriod = time.Minute' 'ContainerGCPeriod = time.Second'
}

# replace_constant FILE OLD NEW: replaces a constant in the source.
replace_constant() {
  grep -q "$2" "$1" || die "$1 does not contain $2"
  sed -i "s/$2/$3/" "$1"
}

# The source package does not contain the generated OpenAPI definitions.
generate_openapi() {
  local inputs
  go build -o "$WORK/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
  inputs=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg staging/src/k8s.io \
    | grep -v -E '/(sample-|code-generator/)|apiextensions-apiserver/examples|_test\.go' | xargs -n1 dirname | sort -u \
    | sed -E 's|^staging/src/|k8s.io/kubernetes/vendor/|; s|^pkg/|k8s.io/kubernetes/pkg/|' | paste -sd,)
  mkdir -p pkg/generated/openapi
  # The generator fails on style violations, but writes the file.
  "$WORK/openapi-gen" -i "$inputs,k8s.io/kubernetes/vendor/k8s.io/apimachinery/pkg/version" -p k8s.io/kubernetes/pkg/generated/openapi \
    -O zz_generated.openapi -h hack/boilerplate/boilerplate.generatego.txt -r "$WORK/openapi-report.txt" >/dev/null 2>&1 || true
  [[ -s pkg/generated/openapi/zz_generated.openapi.go ]] || die "the OpenAPI definitions were not generated; see $WORK/openapi-report.txt"
}

# Two packages contain the version: component-base for --version, client-go for /version of the API server.
compile() {
  local package flags='-s -w'
  for package in component-base/version client-go/pkg/version; do
    package=k8s.io/kubernetes/vendor/k8s.io/$package
    flags+=" -X $package.gitVersion=v1.20.2 -X $package.gitMajor=1 -X $package.gitMinor=20 -X $package.gitTreeState=clean"
    flags+=" -X $package.gitCommit=debian -X $package.buildDate=1970-01-01T00:00:00Z"
  done
  mkdir -p "$WORK/bin"
  # Without cloud providers and Docker, which are nearly half of the binary of the API server.
  go build -tags providerless,dockerless -ldflags "$flags" -o "$WORK/bin/" "${BINARIES[@]/#/./cmd/}"
  cp "$SCRIPT" "$WORK/bin/built-by"
  mv "$WORK/bin" "$MEET_KUBERNETES/bin"
}

mkdir -p "$MEET_KUBERNETES"
# One build at a time; a waiting process finds the finished build.
exec 9>"$MEET_KUBERNETES/lock"
flock 9
if is_built; then exit 0; fi
say "building Kubernetes 1.20 (once per machine, into $MEET_KUBERNETES)"
rm -rf "$WORK" "${MEET_KUBERNETES:?}/bin"
# GOGC: the compiler collects garbage less often, which costs memory and saves CPU time.
export GOPATH=$WORK/go GOCACHE=$WORK/gocache GO111MODULE=off CGO_ENABLED=0 GOGC=200
fetch_source >/dev/null
cd "$GOPATH/src/k8s.io/kubernetes"
replace_reflect2
shorten_periods
generate_openapi
compile
rm -rf "$WORK"
