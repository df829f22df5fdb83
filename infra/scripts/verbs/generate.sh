CONTRACTS=crds/MeetOperator.Contracts
CODEGEN=kube/MeetOperator.Kube.CodeGen

# codegen [--check]: CRDs beside their types.
codegen() {
  dotnet build $CONTRACTS -c Release --nologo -v quiet >&2
  dotnet build $CODEGEN -c Release --nologo -v quiet >&2
  dotnet $CODEGEN/bin/Release/net10.0/MeetOperator.Kube.CodeGen.dll crds --assembly $CONTRACTS/bin/Release/net10.0/MeetOperator.Contracts.dll --out crds "$@"
}

verb_generate() {
  require_tools
  codegen
}
