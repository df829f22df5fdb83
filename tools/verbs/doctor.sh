source tools/verbs/down.sh
source tools/verbs/cluster.sh

# verb_doctor: prints one line per check; the exit code is 1 when `up` or `test` cannot run.
verb_doctor() {
  local bad=0 line
  good() { printf 'ok    %s\n' "$*"; }
  warn() { printf 'warn  %s\n' "$*"; }
  fail() { printf 'FAIL  %s\n' "$*"; bad=1; }

  line=$(missing_tools)
  if [[ -n $line ]]; then
    while read -r line; do fail "$line"; done <<<"$line"
  else
    good ".NET SDK $(dotnet --version), Node.js $(node --version)"
  fi

  line=$(missing_packages runtime | paste -sd' ')
  if [[ -z $line ]]; then good "Debian packages of ./meet up"; else fail "missing packages: $line (./meet up installs them as root; or: apt-get install --no-install-recommends $line)"; fi
  line=$(missing_packages test | paste -sd' ')
  if [[ -z $line ]]; then good "Debian packages of ./meet test"; else warn "missing packages for tests: $line (./meet test installs them as root)"; fi

  line=$(cluster_problem)
  if [[ -z $line ]]; then
    line=$(missing_packages cluster | paste -sd' ')
    if [[ -z $line ]]; then good "Debian packages of ./meet cluster and its suites"; else warn "missing packages for ./meet cluster and its suites: $line (installed as root when needed)"; fi
  else
    warn "./meet cluster and its suites cannot run on this machine: $line"
  fi

  line=$(kubectl_problem)
  if [[ -z $line ]]; then good "kubectl $(kubectl version --client | sed -n 's/^Client Version: //p')"; else warn "$line"; fi

  line=$(running_pid)
  if [[ -n $line ]]; then
    good "$MEET_HOME is running (process $line)"
  elif (exec 3<>"/dev/tcp/127.0.0.1/$MEET_PORT") 2>/dev/null; then
    fail "port $MEET_PORT is in use by another program; choose another port with MEET_PORT"
  else
    good "port $MEET_PORT is free"
  fi

  check_buffer rmem_max
  check_buffer wmem_max
  line=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
  if (( line >= 1500 )); then good "$line MiB of memory are free"; else warn "only $line MiB of memory are free; ./meet up needs 600, ./meet test 1500"; fi
  line=$(df -Pk "$MEET_ROOT" | awk 'NR == 2 { print int($4 / 1024) }')
  if (( line >= 3000 )); then good "$line MiB of disk are free"; else warn "only $line MiB of disk are free; builds and packages need 3000"; fi
  return $bad
}

# Bursts of video need large UDP socket buffers, whose size the kernel limits.
check_buffer() {
  local value
  value=$(<"/proc/sys/net/core/$1")
  if (( value >= 4194304 )); then good "net.core.$1 is $value"; else warn "net.core.$1 is $value; packets may be dropped under load; raise it with sysctl -w net.core.$1=4194304"; fi
}
