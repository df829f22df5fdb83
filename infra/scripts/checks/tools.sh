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
