source tools/chart/files.sh

# codegen crds|rbac [--check]: generates the CRDs into crds/ and the roles into crds/rbac/; with --check, reports differences.
codegen() {
  local what=$1 tool=kube/MeetOperator.Kube.CodeGen/bin/Release/net10.0/MeetOperator.Kube.CodeGen.dll
  shift
  if [[ $what == crds ]]; then
    dotnet "$tool" crds --assembly "$(dll_of crds/MeetOperator.Contracts)" --out crds "$@"
  else
    dotnet "$tool" rbac --name-prefix meet- --assembly "$(dll_of operator/MeetOperator.Operator)" --assembly "$(dll_of signaling/MeetOperator.Signaling)" --out crds/rbac "$@"
  fi
}

# dll_of FOLDER: prints the path of the program or library that a project folder builds.
dll_of() { echo "$1/bin/Release/net10.0/$(basename "$1").dll"; }

# Always builds, because the output must match the current types.
build_codegen() {
  local project projects=()
  for project in kube/MeetOperator.Kube.CodeGen crds/MeetOperator.Contracts operator/MeetOperator.Operator signaling/MeetOperator.Signaling; do projects+=("$project/$(basename "$project").csproj"); done
  solution_filter codegen "${projects[@]}"
  with_compiler dotnet build "$STAMPS/codegen.slnf" -c Release --nologo -v quiet -clp:NoSummary >&2
}

verb_generate() {
  require_tools
  build_codegen
  codegen crds
  codegen rbac
  chart_files
}
