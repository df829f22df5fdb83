source tools/verbs/up.sh

# verb_export: prints the objects of an installation, running or stopped. Standard output contains only YAML.
verb_export() {
  [[ $# -eq 0 ]] || die "unknown option '$1'; usage: ./meet export >FILE"
  require_tools
  build_products >&2
  DOTNET_EnableDiagnostics=0 operator/MeetOperator.Local/bin/Release/net10.0/MeetOperator.Local export --home "$MEET_HOME"
}
