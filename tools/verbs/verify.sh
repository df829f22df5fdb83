source tools/verbs/generate.sh

verb_verify() {
  local code=0
  require_tools
  build_codegen
  codegen crds --check || code=1
  codegen rbac --check || code=1
  chart_files --check || code=1
  ((code == 0)) || die "generated files are out of date; update them with ./meet generate"
  say "the CRDs, the roles and the chart are up to date"
}
