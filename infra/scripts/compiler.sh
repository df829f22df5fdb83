# One warm compiler for all the builds of a run, instead of a cold one for each project: less than half of the time. Sourced.

# share_compiler: from here on. It ends with end_compiler of whoever started it; scripts that are called share it.
# UseSharedCompilation and SharedCompilationId are properties of MSBuild, which it reads from the environment.
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

# with_compiler COMMAND…: for one command alone.
with_compiler() {
  local code=0
  if [[ -n ${SharedCompilationId:-} ]]; then "$@"; return; fi
  share_compiler
  "$@" || code=$?
  end_compiler
  return "$code"
}
