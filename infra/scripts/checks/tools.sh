# Tools that no Debian package list of ours installs.

# Prints what is wrong with the .NET SDK and Node.js, one line each; nothing when both are right.
missing_tools() {
  if ! command -v dotnet >/dev/null; then
    echo ".NET SDK 10 is missing: https://dot.net/download (then: dotnet --version)"
  elif ! dotnet --list-sdks | grep -q '^10\.'; then
    echo ".NET SDK 10 is missing; found: $(dotnet --list-sdks | cut -d' ' -f1 | paste -sd' ')"
  fi
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "Node.js 20 or newer with npm is missing: https://nodejs.org"
  elif (( $(node -p 'process.versions.node.split(".")[0]') < 20 )); then
    echo "Node.js 20 or newer is missing; found $(node --version)"
  fi
}

require_tools() {
  local missing
  missing=$(missing_tools)
  [[ -z $missing ]] || die "cannot go on:"$'\n'"$missing"
}

# What is wrong with kubectl, for those who need it; nothing when it is right. Debian 12's own (1.20) is too old for server-side apply as we test it.
kubectl_finding() {
  local minor
  if ! command -v kubectl >/dev/null; then
    echo "kubectl is missing; tests and the quick start use it (1.32): https://kubernetes.io/docs/tasks/tools"
    return
  fi
  minor=$(kubectl version --client 2>/dev/null | sed -n 's/^Client Version: v1\.\([0-9]*\).*/\1/p')
  if ! [[ $minor =~ ^[0-9]+$ ]] || (( minor < 29 )); then echo "kubectl 1.29 or newer is wanted (1.32 is what the tests use); found 1.${minor:-?}"; fi
}
