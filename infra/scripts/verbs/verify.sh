source infra/scripts/verbs/generate.sh

verb_verify() {
  require_tools
  codegen --check
}
