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

# fetch_precompiler [RUNTIME]: downloads the compiler of machine code (infra/runtime/Precompile.targets) for the runtime of this machine, or for that version. Without it, builds succeed,
# and what they build starts more slowly. It writes the stamp obj/meet/precompiler-RUNTIME when it has succeeded.
fetch_precompiler() {
  local runtime=${1:-} folder=obj/meet stamp version
  mkdir -p "$folder"
  stamp=$folder/precompiler-${runtime:-here}
  version=$(dotnet --version)
  if [[ -f $stamp && $(<"$stamp") == "$version" && -d ${NUGET_PACKAGES:-$HOME/.nuget/packages}/microsoft.netcore.app.crossgen2.linux-x64 ]]; then return 0; fi
  rm -f "$stamp"
  if RuntimeFrameworkVersion=$runtime dotnet restore infra/runtime/precompiler/precompiler.proj --nologo -v quiet >"$folder/precompiler.log" 2>&1; then
    echo "$version" >"$stamp"
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
