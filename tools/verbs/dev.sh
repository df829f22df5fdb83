source tools/verbs/down.sh

# verb_dev: like `up`, from Debug builds, with the dev server of the page in front and a watch on the C# sources.
verb_dev() {
  [[ $# -eq 0 ]] || die "unknown option '$1'; usage: ./meet dev"
  [[ $MEET_PORT =~ ^[0-9]+$ ]] && (( MEET_PORT >= 1024 && MEET_PORT <= 64535 )) || die "MEET_PORT is '$MEET_PORT'; ./meet dev needs a number from 1024 to 64535, because signaling listens on MEET_PORT + 1000"
  require_tools
  require_packages runtime
  [[ -z $(running_pid) ]] || die "$MEET_HOME is already running; stop it with ./meet down, or set another MEET_HOME and MEET_PORT"
  npm_install web
  exec node tools/dev/dev.mjs
}
