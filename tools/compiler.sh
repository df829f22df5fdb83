# The compilers of all builds of a run: one server, which takes less than half the time of a new compiler per project, and the compiler of machine code. Sourced.

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

# fetch_precompiler: downloads the compiler of machine code (infra/runtime/Precompile.targets). Without it, builds succeed, and what they build starts more slowly.
fetch_precompiler() {
  local version folder=obj/meet
  mkdir -p "$folder"
  version=$(dotnet --version)
  if [[ -f $folder/precompiler && $(<"$folder/precompiler") == "$version" ]]; then return 0; fi
  if dotnet restore infra/runtime/precompiler/precompiler.csproj --nologo -v quiet >"$folder/precompiler.log" 2>&1; then
    echo "$version" >"$folder/precompiler"
  else
    say "the package microsoft.netcore.app.crossgen2.linux-x64 was not found, so programs will start more slowly; full log: $folder/precompiler.log"
  fi
}

# with_compiler COMMAND…: runs one command with a shared compiler server.
with_compiler() {
  fetch_precompiler
  local code=0
  if [[ -n ${SharedCompilationId:-} ]]; then "$@"; return; fi
  share_compiler
  "$@" || code=$?
  end_compiler
  return "$code"
}
