# Tools that are not in infra/packages.txt.

# missing_tools: prints one line for each problem with the .NET SDK and Node.js.
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
  [[ -z $missing ]] || die "required tools are missing:"$'\n'"$missing"
}

# kubectl_problem: prints why kubectl cannot be used, or nothing. The version in Debian 12 (1.20) is too old for the server-side apply of the tests.
kubectl_problem() {
  local minor
  if ! command -v kubectl >/dev/null; then
    echo "kubectl is missing; the tests and the quick start use version 1.32: https://kubernetes.io/docs/tasks/tools"
    return
  fi
  minor=$(kubectl version --client 2>/dev/null | sed -n 's/^Client Version: v1\.\([0-9]*\).*/\1/p')
  if ! [[ $minor =~ ^[0-9]+$ ]] || (( minor < 29 )); then echo "kubectl 1.29 or newer is required (the tests use 1.32); found 1.${minor:-?}"; fi
}
