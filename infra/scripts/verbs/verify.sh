source infra/scripts/verbs/generate.sh

verb_verify() {
  local code=0
  require_tools
  build_codegen
  codegen crds --check || code=1
  codegen rbac --check || code=1
  chart_files --check || code=1
  ((code == 0)) || die "written files differ from the types: ./meet generate"
  say "CRDs, roles and what the chart carries are what the types and the schema say"
}
