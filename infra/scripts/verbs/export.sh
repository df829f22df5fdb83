source infra/scripts/verbs/up.sh

# Works while it runs and after `down`. Only YAML goes to standard output.
verb_export() {
  [[ $# -eq 0 ]] || die "unknown option '$1'; usage: ./meet export >FILE"
  require_tools
  build_products >&2
  DOTNET_EnableDiagnostics=0 operator/MeetOperator.Local/bin/Release/net10.0/MeetOperator.Local export --home "$MEET_HOME"
}
