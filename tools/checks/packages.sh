# Debian packages of infra/packages.txt.

# missing_packages GROUP…: prints the packages of these groups that are not installed.
missing_packages() {
  local wanted name installed
  wanted=$(awk -v groups=" $* " '!/^#/ && NF && index(groups, " " $2 " ") && !seen[$1]++ { print $1 }' infra/packages.txt)
  installed=$(dpkg-query -W -f='${Package} ${db:Status-Status}\n' 2>/dev/null | awk '$2 == "installed" { print $1 }')
  for name in $wanted; do
    grep -qx -- "$name" <<<"$installed" || echo "$name"
  done
}

# require_packages GROUP…: installs missing packages, or stops with their names where it cannot.
require_packages() {
  local missing
  missing=$(missing_packages "$@" | paste -sd' ')
  [[ -n $missing ]] || return 0
  local root=()
  if (( EUID != 0 )); then root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || { (( EUID != 0 )) && ! sudo -n true 2>/dev/null; }; then
    die "these Debian packages are missing, and this user cannot install them: $missing"$'\n'"      as root: apt-get install --no-install-recommends $missing"
  fi
  say "installing Debian packages: $missing"
  if ! install_packages "${root[@]}" -- $missing >&2; then
    die "apt-get failed to install: $missing"
  fi
}

# install_packages [SUDO…] -- PACKAGE…: installs packages without starting or enabling their services, because the tests start their own on other ports.
install_packages() {
  local root=() policy=/usr/sbin/policy-rc.d ours='' code=0 unit
  while [[ $1 != -- ]]; do root+=("$1"); shift; done
  shift
  if [[ ! -e $policy ]]; then
    ours=1
    printf '#!/bin/sh\nexit 101\n' | "${root[@]}" tee "$policy" >/dev/null
    "${root[@]}" chmod +x "$policy"
  fi
  { "${root[@]}" apt-get update -qq && "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends "$@"; } || code=$?
  [[ -z $ours ]] || "${root[@]}" rm -f "$policy"
  command -v systemctl >/dev/null || return "$code"
  for unit in $(dpkg -L "$@" 2>/dev/null | sed -n 's|^/lib/systemd/system/\([^/]*\.service\)$|\1|p'); do
    "${root[@]}" systemctl --quiet disable "$unit" 2>/dev/null || true
  done
  return "$code"
}
