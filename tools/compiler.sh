# One compiler server for all builds of a run, which takes less than half the time of a new compiler per project. Sourced.

# share_compiler: later builds and called scripts share one compiler server. The script that started it stops it with end_compiler.
# MSBuild reads the properties UseSharedCompilation and SharedCompilationId from the environment.
share_compiler() {
  [[ -z ${SharedCompilationId:-} ]] || return 0
  export UseSharedCompilation=true SharedCompilationId=meet-$$
  OWN_COMPILER=$SharedCompilationId
}

end_compiler() {
  [[ -n ${OWN_COMPILER:-} ]] || return 0
  pkill -f -- "-pipename:$OWN_COMPILER\$" || true
  unset SharedCompilationId OWN_COMPILER
}

# with_compiler COMMAND…: runs one command with a shared compiler server.
with_compiler() {
  local code=0
  if [[ -n ${SharedCompilationId:-} ]]; then "$@"; return; fi
  share_compiler
  "$@" || code=$?
  end_compiler
  return "$code"
}
